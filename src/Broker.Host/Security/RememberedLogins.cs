using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Broker.Core.Security;

namespace Broker.Host.Security;

/// <summary>
/// Logins that succeeded a short while ago, so that a device that comes back, or polls over HTTP, is not hashed again. It
/// keeps a keyed digest of what was shown, never the secret, and the key dies with the process.
/// </summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class RememberedLogins(TimeSpan lifetime, TimeProvider time)
{
    /// <summary>How many are remembered; past it all are forgotten at once, and hashed again.</summary>
    public const int MaxRemembered = 100_000;

    private const int KeyBytes = 32;
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Login> _logins = [];
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(KeyBytes);

    /// <summary>The login that showed exactly this, if it still holds.</summary>
    /// <param name="source">What said yes then: when it has changed since, its logins hold no more.</param>
    /// <param name="user">The user's name; empty for a token.</param>
    /// <param name="secret">The password or token.</param>
    public AuthenticationResult? Find(object source, string user, ReadOnlySpan<byte> secret)
    {
        UInt128 digest = Digest(user, secret);
        lock (_gate)
        {
            if (!_logins.TryGetValue(digest, out Login login)) return null;
            DateTimeOffset now = time.GetUtcNow();
            bool holds = ReferenceEquals(login.Source, source) && now < login.Until && (login.Result.ValidUntil is not { } end || now < end);
            if (holds) return login.Result;
            _logins.Remove(digest);
            return null;
        }
    }

    /// <summary>Remembers a login.</summary>
    public void Add(object source, string user, ReadOnlySpan<byte> secret, AuthenticationResult result)
    {
        if (lifetime == TimeSpan.Zero) return;
        UInt128 digest = Digest(user, secret);
        lock (_gate)
        {
            if (_logins.Count >= MaxRemembered) _logins.Clear();
            _logins[digest] = new Login(source, result, time.GetUtcNow() + lifetime);
        }
    }

    // 128 bits of a keyed digest: nobody can look for two that are alike without the key.
    private UInt128 Digest(string user, ReadOnlySpan<byte> secret)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        byte[] name = Encoding.UTF8.GetBytes(user);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, name.Length);
        hash.AppendData(length);
        hash.AppendData(name);
        hash.AppendData(secret);
        Span<byte> digest = stackalloc byte[KeyBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    private readonly record struct Login(object Source, AuthenticationResult Result, DateTimeOffset Until);
}
