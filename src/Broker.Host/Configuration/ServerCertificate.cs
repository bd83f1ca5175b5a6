using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Broker.Host.Configuration;

/// <summary>The certificate that an encrypted endpoint shows, with its private key, and the intermediates sent along.</summary>
/// <param name="Leaf">The endpoint's own certificate.</param>
/// <param name="Intermediates">The certificates between it and a root.</param>
internal sealed record ServerCertificate(X509Certificate2 Leaf, X509Certificate2Collection Intermediates)
{
    /// <summary>Loads it as the options say.</summary>
    /// <param name="options">Path is set.</param>
    /// <param name="fault">The name of the option at fault and what is wrong, on one line; null if nothing is.</param>
    public static ServerCertificate? TryLoad(CertificateOptions options, out (string Option, string Message)? fault)
    {
        fault = Unreadable(options.Path, nameof(options.Path)) ?? Unreadable(options.KeyPath, nameof(options.KeyPath));
        if (fault is not null) return null;
        string path = options.Path!; // the caller checked it
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            bool isPem = bytes.AsSpan().IndexOf("-----BEGIN"u8) >= 0;
            if (!isPem && options.KeyPath is not null)
            {
                fault = (nameof(options.KeyPath), $"is only for a PEM certificate, and {path} is none");
                return null;
            }

            ServerCertificate certificate = isPem ? LoadPem(bytes, options) : LoadPkcs12(bytes, options.Password);
            if (certificate.Leaf.HasPrivateKey) return certificate;
            fault = (nameof(options.Path), $"{path} has no private key");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            string hint = isPassword(e) ? "; is Password right?" : "";
            fault = (nameof(options.Path), $"{path} cannot be used: {OneLine(e)}{hint}");
        }

        return null;

        bool isPassword(Exception e) => options.Password is not null || e.Message.Contains("password", StringComparison.OrdinalIgnoreCase);
    }

    private static ServerCertificate LoadPem(byte[] bytes, CertificateOptions options)
    {
        string pem = Encoding.UTF8.GetString(bytes);
        string key = options.KeyPath is null ? pem : File.ReadAllText(options.KeyPath);
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException(options.KeyPath is null
                ? "it has no private key, and KeyPath names none"
                : $"{options.KeyPath} has no private key");
        }

        bool isEncrypted = key.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);
        if (isEncrypted && options.Password is null) throw new CryptographicException("the key is encrypted and needs a password");
        X509Certificate2 leaf = isEncrypted
            ? X509Certificate2.CreateFromEncryptedPem(pem, key, options.Password)
            : X509Certificate2.CreateFromPem(pem, key);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return new ServerCertificate(Usable(leaf), Others(all, leaf));
    }

    private static ServerCertificate LoadPkcs12(byte[] bytes, string? password)
    {
        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
        X509Certificate2 leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw new CryptographicException("it has no certificate with a private key");
        return new ServerCertificate(leaf, Others(all, leaf));
    }

    private static X509Certificate2Collection Others(X509Certificate2Collection all, X509Certificate2 leaf) =>
        [.. all.Where(certificate => certificate.Thumbprint != leaf.Thumbprint)];

    // Windows' TLS cannot use a key that lives in memory only.
    private static X509Certificate2 Usable(X509Certificate2 leaf) =>
        OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(leaf.Export(X509ContentType.Pkcs12), null) : leaf;

    private static (string Option, string Message)? Unreadable(string? path, string option)
    {
        if (path is null) return null;
        if (!File.Exists(path)) return (option, $"there is no file {Path.GetFullPath(path)}");
        try
        {
            using FileStream file = File.OpenRead(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (option, $"cannot be read: {e.Message}");
        }
    }

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');
}
