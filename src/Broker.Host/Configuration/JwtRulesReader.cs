using Broker.Host.Security;

namespace Broker.Host.Configuration;

/// <summary>Reads <c>Broker:Auth:Jwt</c>.</summary>
/// <param name="section">The section.</param>
/// <param name="fault">Takes what is wrong: key and message.</param>
internal sealed class JwtRulesReader(string section, Action<string, string> fault)
{
    private const int MostKeyBytes = 1_048_576;
    private static readonly string[] _publicKey = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
    private static readonly string[] _secret = ["HS256", "HS384", "HS512"];

    /// <summary>The rules and keys, added to what was read already.</summary>
    public ConfiguredAuth Read(JwtOptions options, int tokenBytes, ConfiguredAuth auth)
    {
        Want(nameof(options.Issuer), options.Issuer, "whose tokens are taken: their iss");
        Want(nameof(options.Audience), options.Audience, "whom the tokens are for: their aud");
        Want(nameof(options.UserName), options.UserName, "the user name that says that the password is a token, or *");
        Want(nameof(options.PrincipalClaim), options.PrincipalClaim, "the claim that names the principal, e.g. sub");
        bool hasSecrets = CheckAlgorithms(options.Algorithms);
        bool hasFile = !string.IsNullOrEmpty(options.KeyFile);
        bool hasUrl = !string.IsNullOrEmpty(options.JwksUrl);
        if (hasFile == hasUrl) fault($"{section}:{nameof(options.KeyFile)}", $"exactly one of KeyFile and JwksUrl is wanted: the keys that the tokens are signed with");
        if (hasUrl && hasSecrets) fault($"{section}:{nameof(options.Algorithms)}", "HS* is signed with a shared secret, which an issuer cannot publish; use KeyFile");
        var rules = new JwtRules
        {
            Issuer = options.Issuer ?? "",
            Audience = options.Audience ?? "",
            Algorithms = options.Algorithms,
            PrincipalClaim = options.PrincipalClaim,
            UserName = options.UserName,
            ClockSkew = options.ClockSkew,
            TokenBytes = tokenBytes,
        };
        return auth with
        {
            Tokens = rules,
            TokenKeys = hasFile ? ReadKeys(options.KeyFile!, hasSecrets) : null, // it is not empty
            TokenKeysUrl = hasUrl ? ReadUrl(options.JwksUrl!) : null, // it is not empty
        };
    }

    private void Want(string option, string? value, string what)
    {
        if (string.IsNullOrWhiteSpace(value)) fault($"{section}:{option}", $"is not set; it says {what}");
    }

    private bool CheckAlgorithms(IReadOnlyList<string> algorithms)
    {
        string key = $"{section}:{nameof(JwtOptions.Algorithms)}";
        if (algorithms.Count == 0) fault(key, $"is empty; allowed are {string.Join(", ", _publicKey)}, or {string.Join(", ", _secret)}");
        foreach (string algorithm in algorithms.Where(one => !_publicKey.Contains(one) && !_secret.Contains(one)))
        {
            fault(key, $"'{algorithm}' is not allowed; allowed are {string.Join(", ", _publicKey)}, or {string.Join(", ", _secret)}");
        }

        bool hasSecrets = algorithms.Any(_secret.Contains);
        if (hasSecrets && algorithms.Any(_publicKey.Contains)) fault(key, "has both public keys and shared secrets (HS*): one key could then be taken for the other; choose one kind");
        return hasSecrets;
    }

    private JwtKeys? ReadKeys(string path, bool hasSecrets)
    {
        string key = $"{section}:{nameof(JwtOptions.KeyFile)}";
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MostKeyBytes)
            {
                fault(key, $"{path} has more than a mebibyte");
                return null;
            }

            using var reader = new StreamReader(file);
            JwtKeys? keys = JwtKeys.TryParse(reader.ReadToEnd(), hasSecrets, out string? what);
            if (what is not null) fault(key, $"{path} {what}");
            return keys;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            fault(key, $"there is no file {Path.GetFullPath(path)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault(key, $"cannot be read: {e.Message}");
        }

        return null;
    }

    private Uri? ReadUrl(string text)
    {
        bool isUrl = Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
        if (!isUrl) fault($"{section}:{nameof(JwtOptions.JwksUrl)}", $"'{text}' is not allowed; allowed is https://..., and http:// on this machine only");
        return isUrl ? url : null;
    }
}
