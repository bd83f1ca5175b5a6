using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Security;

/// <summary>Tells at the start who may connect, and what about that an operator should know.</summary>
internal sealed class AccessReport(HostConfiguration configuration, Authentication authentication, TimeProvider time, ILogger<AccessReport> logger)
{
    /// <summary>Writes it to the log.</summary>
    public void Write(IReadOnlyList<BoundEndpoint> endpoints)
    {
        ConfiguredEndpoint[] beyond = [.. endpoints.Select(bound => bound.Endpoint).Where(endpoint => !endpoint.Url.IsLoopback)];
        string addresses = string.Join(", ", endpoints.Select(bound => $"{bound.Endpoint.Name} ({bound.Address})"));
        if (!authentication.AllowsAnonymous) HostLog.LoginRequired(logger, Ways());
        else if (beyond.Length == 0) HostLog.AnonymousOnLoopback(logger, addresses);
        else HostLog.AnonymousByChoice(logger, addresses);

        if (authentication.Users is { } users) WriteUsers(users);
        foreach (ConfiguredEndpoint endpoint in endpoints.Select(bound => bound.Endpoint)) Warn(endpoint);
    }

    /// <summary>What an operator should know of one endpoint.</summary>
    public void Warn(ConfiguredEndpoint endpoint)
    {
        bool hasSecrets = configuration.Auth.Users is not null || configuration.Auth.Tokens is not null;
        if (hasSecrets && !endpoint.Url.IsLoopback && !endpoint.Url.IsEncrypted) HostLog.SecretsInClear(logger, endpoint.Name, $"{endpoint.Url.Scheme}s");
        WriteCertificate(endpoint);
    }

    private void WriteUsers(UserStore users)
    {
        string path = configuration.Options.Auth.PasswordFile!; // the users are from there
        if (UserFile.IsWorldReadable(path)) HostLog.FileOpenToAll(logger, path);
        if (users.Current.WeakCount is > 0 and int weak) HostLog.WeakHashes(logger, weak, path);
    }

    private void WriteCertificate(ConfiguredEndpoint endpoint)
    {
        if (endpoint.Certificate?.Leaf is not { } leaf) return;
        DateTime now = time.GetUtcNow().UtcDateTime;
        DateTime from = leaf.NotBefore.ToUniversalTime();
        DateTime until = leaf.NotAfter.ToUniversalTime();
        if (now < from || now > until) HostLog.CertificateNotValid(logger, endpoint.Name, from, until);
    }

    private string Ways()
    {
        var ways = new List<string>();
        if (configuration.Auth.Users is { } users) ways.Add($"password ({users.Users.Count} users)");
        if (authentication.Methods.Any(method => method is ScramAuthenticator)) ways.Add(ScramKeys.Scheme);
        if (configuration.Auth.Tokens is { } tokens) ways.Add($"token of {tokens.Issuer}");
        if (configuration.Auth.ClientCertificates is not null) ways.Add("client certificate");
        return string.Join(", ", ways);
    }
}
