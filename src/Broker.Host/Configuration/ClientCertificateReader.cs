using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Broker.Host.Security;

namespace Broker.Host.Configuration;

/// <summary>Reads <c>Broker:Auth:ClientCertificates</c>.</summary>
/// <param name="section">The section.</param>
/// <param name="fault">Takes what is wrong: key and message.</param>
internal sealed class ClientCertificateReader(string section, Action<string, string> fault)
{
    /// <summary>The authorities, lists and names; null where anything is wrong.</summary>
    public ClientCertificateRules? Read(ClientCertificateOptions options)
    {
        if (options.Principal is null) fault($"{section}:{nameof(options.Principal)}", "is not set; it says which name of a certificate is the principal's: cn, san-dns or san-uri");
        if (string.IsNullOrEmpty(options.CaFile))
        {
            fault($"{section}:{nameof(options.CaFile)}", "is not set; it names the authorities whose certificates are taken (PEM)");
            return null;
        }

        X509Certificate2Collection? authorities = ReadAuthorities(options.CaFile);
        if (authorities is null) return null;
        IReadOnlyList<RevocationList>? revocations = null;
        if (options.CrlFile is { } path && (revocations = ReadRevocations(path, authorities)) is null) return null;
        return options.Principal is { } name ? new ClientCertificateRules(authorities, revocations, name, options.Prefix) : null;
    }

    private X509Certificate2Collection? ReadAuthorities(string path)
    {
        string key = $"{section}:{nameof(ClientCertificateOptions.CaFile)}";
        if (ReadFile(key, path) is not { } bytes) return null;
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(bytes));
        }
        catch (CryptographicException e)
        {
            fault(key, $"{path} cannot be used: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }

        if (authorities.Count > 0) return authorities;
        fault(key, $"{path} has no certificate (PEM)");
        return null;
    }

    private List<RevocationList>? ReadRevocations(string path, X509Certificate2Collection authorities)
    {
        string key = $"{section}:{nameof(ClientCertificateOptions.CrlFile)}";
        if (ReadFile(key, path) is not { } bytes) return null;
        var lists = new List<RevocationList>();
        foreach (byte[] der in Split(bytes))
        {
            if (RevocationList.TryRead(der, authorities, out string? what) is not { } list)
            {
                fault(key, $"{path} {what}");
                return null;
            }

            if (lists.Any(other => other.Issuer.AsSpan().SequenceEqual(list.Issuer)))
            {
                fault(key, $"{path} has two lists of one authority; only the newest is wanted");
                return null;
            }

            lists.Add(list);
        }

        if (lists.Count > 0) return lists;
        fault(key, $"{path} has no revocation list (PEM or DER)");
        return null;
    }

    private static List<byte[]> Split(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOf("-----BEGIN"u8) < 0) return bytes.Length == 0 ? [] : [bytes];
        var lists = new List<byte[]>();
        ReadOnlySpan<char> rest = Encoding.UTF8.GetString(bytes);
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            if (rest[fields.Label] is "X509 CRL") lists.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            rest = rest[fields.Location.End..];
        }

        return lists;
    }

    private byte[]? ReadFile(string key, string path)
    {
        try
        {
            if (path.Length > 0) return File.ReadAllBytes(path);
            fault(key, "is empty; name a file, or leave the key out");
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
}
