namespace Broker.Host.Configuration;

/// <summary>Nobody gets in by oversight: which endpoints may open with what is configured for saying who one is.</summary>
/// <param name="auth">What is configured.</param>
/// <param name="hasAccessRules">Whether there are access rules.</param>
/// <param name="fault">Takes what is wrong: key and message.</param>
internal sealed class LoginRules(AuthOptions auth, bool hasAccessRules, Action<string, string> fault)
{
    private const string WhatToAdd =
        "add users ('Broker.Host user add NAME --file users') and \"Auth\": { \"PasswordFile\": \"users\" } to \"Broker\" in appsettings.json; "
        + "or to let anybody in, on purpose, \"Auth\": { \"AllowAnonymous\": true }, Broker__Auth__AllowAnonymous=true or --Broker:Auth:AllowAnonymous true";

    private const string RulesToAdd =
        "add \"Acl\": { \"Path\": \"acl.txt\" } to \"Broker\" in appsettings.json, and to acl.txt what they may do, e.g. the lines 'user *' and '  allow * #' for "
        + "users to do everything (docs/security.md)";

    private bool HasCredentials => auth.PasswordFile is not null || auth.Jwt is not null;

    private bool IsAny => HasCredentials || auth.ClientCertificates is not null;

    /// <summary>Whether clients that show nothing may connect to an endpoint.</summary>
    /// <param name="auth">What is configured.</param>
    public static bool AllowsAnonymous(AuthOptions auth) =>
        auth.AllowAnonymous ?? (auth.PasswordFile is null && auth.Jwt is null && auth.ClientCertificates is null);

    /// <summary>Somebody has to be able to connect to an endpoint, and not everybody, unless that is wanted.</summary>
    public void Check(ConfiguredEndpoint endpoint)
    {
        if (endpoint.Options.ClientCertificates != CertificateDemand.None && auth.ClientCertificates is null)
        {
            fault($"Broker:Endpoints:{endpoint.Name}:ClientCertificates", "asks for client certificates, but Broker:Auth:ClientCertificates does not say from which authorities (CaFile) and whom they name (Principal)");
        }

        string url = $"'{endpoint.Options.Url}'";
        bool canLogIn = HasCredentials || endpoint.Options.ClientCertificates != CertificateDemand.None;
        if (!canLogIn && !AllowsAnonymous(auth))
        {
            fault(endpoint.Key, IsAny
                ? $"nobody could connect to {url}: it does not ask for client certificates, and nothing else under Broker:Auth says who may; set Broker:Endpoints:{endpoint.Name}:ClientCertificates to require"
                : $"nobody could connect to {url}: Broker:Auth:AllowAnonymous is false, and nothing else under Broker:Auth says who may; {WhatToAdd}");
        }
        else if (!canLogIn && auth.AllowAnonymous is null && !endpoint.Url.IsLoopback)
        {
            fault(endpoint.Key, $"{url} can be reached from other machines, and nothing under Broker:Auth says who may connect: anybody could; {WhatToAdd}");
        }

        if (!endpoint.Url.IsLoopback && !hasAccessRules)
        {
            fault(endpoint.Key, $"{url} can be reached from other machines, and there are no access rules: whoever connects could do everything; {RulesToAdd}");
        }
    }

    /// <summary>What is configured for client certificates has to be asked for somewhere.</summary>
    public void CheckUse(IReadOnlyList<ConfiguredEndpoint> endpoints)
    {
        if (auth.ClientCertificates is null || endpoints.Any(endpoint => endpoint.Options.ClientCertificates != CertificateDemand.None)) return;
        fault("Broker:Auth:ClientCertificates", "is set, but no endpoint asks for client certificates; set Broker:Endpoints:<Name>:ClientCertificates to allow or require");
    }
}
