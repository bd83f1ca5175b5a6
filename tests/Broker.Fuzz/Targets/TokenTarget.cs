using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Security;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Fuzz.Targets;

/// <summary>
/// A letter, and: a token as it is (T); header and claims with a line break between, to be signed with the right key (S) or with
/// none (N); a file of keys or a set from an issuer (K). A token that is let in has to be one by a second reading too.
/// </summary>
internal sealed class TokenTarget : FuzzTarget
{
    private const string Issuer = "https://i.example";
    private const string Audience = "broker";
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] _secret = Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef");
    private readonly JwtLogin _login;

    public TokenTarget()
    {
        var time = new FakeTimeProvider(_now);
        JwtKeys keys = JwtKeys.TryParse(Set, allowsSecrets: true, out string? fault) ?? throw new InvalidOperationException(fault);
        var rules = new JwtRules
        {
            Issuer = Issuer,
            Audience = Audience,
            Algorithms = ["HS256"],
            PrincipalClaim = "sub",
            UserName = "jwt",
            ClockSkew = TimeSpan.FromSeconds(30),
            TokenBytes = 8_192,
        };
        _login = new JwtLogin(rules, new JwtKeyStore(keys), new AttemptLimiter(int.MaxValue, int.MaxValue, time), new RememberedLogins(TimeSpan.Zero, time), time);
    }

    private static string Set => $$"""{"keys":[{"kty":"oct","kid":"k","k":"{{Base64Url.EncodeToString(_secret)}}"}]}""";

    public override string Name => "tokens";

    public override int Share => 40;

    public override IEnumerable<byte[]> Seeds
    {
        get
        {
            string claims = $$"""{"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"dev-1","exp":{{_now.AddMinutes(5).ToUnixTimeSeconds()}}}""";
            string[] texts =
            [
                "S{\"alg\":\"HS256\",\"kid\":\"k\"}\n" + claims, "S{\"alg\":\"HS256\"}\n" + claims.Replace("\"broker\"", "[\"x\",\"broker\"]", StringComparison.Ordinal),
                "N{\"alg\":\"none\"}\n" + claims, "S{\"alg\":\"HS512\",\"crit\":[\"b64\"]}\n" + claims, "Teyx.eyJ9.", "T..", "K" + Set, "K-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
                "S{\"alg\":\"HS256\",\"typ\":\"JWT\",\"zip\":\"DEF\"}\n{\"exp\":1e99,\"nbf\":-1,\"iss\":null,\"sub\":[\"a\",\"b\"]}",
            ];
            return texts.Select(Encoding.UTF8.GetBytes);
        }
    }

    public override IReadOnlyList<byte[]> Words { get; } =
        [.. new[] { "\"alg\":", "\"none\"", "\"HS256\"", "\"kid\":", "\"crit\":", "\"exp\":", "\"nbf\":", "\"iss\":", "\"aud\":", "\"sub\":", "1e400", "-1", "9223372036854775808", "null", "{}", "[]", "\\u0000", "\"kty\":\"EC\"", "\"crv\":\"P-256\"", "\"n\":", "." }.Select(Encoding.UTF8.GetBytes)];

    public override int MaxBytes => 1_024;

    // The library's own objects, and its exceptions where a token is refused.
    public override long AllocationBound(int inputBytes) => 262_144 + (1_024L * inputBytes);

    public override object? Execute(byte[] input)
    {
        if (input.Length == 0) return null;
        ReadOnlySpan<byte> rest = input.AsSpan(1);
        if (input[0] == 'K')
        {
            JwtKeys? keys = JwtKeys.TryParse(Encoding.UTF8.GetString(rest), allowsSecrets: false, out string? fault);
            if (keys is null == fault is null) throw new InvalidOperationException("keys were neither taken nor refused");
            return null;
        }

        byte[] token = input[0] == 'T' ? rest.ToArray() : Token(rest, isSigned: input[0] == 'S');
        ValueTask<AuthenticationResult> login = _login.LogInAsync(IPEndPoint.Parse("127.0.0.1:1"), token);
        AuthenticationResult result = login.IsCompleted ? login.Result : login.AsTask().GetAwaiter().GetResult();
        return result.ReasonCode == ReasonCode.Success ? (token, result.Principal?.Name) : null;
    }

    public override void Check(byte[] input, object? outcome)
    {
        if (outcome is not (byte[] token, string name)) return;
        string[] parts = Encoding.ASCII.GetString(token).Split('.');
        byte[] expected = HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
        if (!Base64Url.DecodeFromChars(parts[2]).AsSpan().SequenceEqual(expected)) throw new InvalidOperationException("a token with a wrong signature was let in");
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        string text = claims.RootElement.GetRawText();
        if (!text.Contains(Audience, StringComparison.Ordinal) || !claims.RootElement.TryGetProperty("iss", out _) || !claims.RootElement.TryGetProperty("exp", out _))
        {
            throw new InvalidOperationException("a token without a claim that has to be there was let in");
        }

        if (claims.RootElement.GetProperty("sub").ToString() != name) throw new InvalidOperationException($"a token was let in as {name}");
    }

    private static byte[] Token(ReadOnlySpan<byte> text, bool isSigned)
    {
        int at = text.IndexOf((byte)'\n');
        string header = Base64Url.EncodeToString(at < 0 ? text : text[..at]);
        string body = header + "." + (at < 0 ? "" : Base64Url.EncodeToString(text[(at + 1)..]));
        string signature = isSigned ? Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes(body))) : "";
        return Encoding.ASCII.GetBytes($"{body}.{signature}");
    }
}
