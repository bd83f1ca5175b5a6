namespace Broker.Host.Configuration;

/// <summary>What must hold between the options of one endpoint, between endpoints, and for letting anybody in.</summary>
internal sealed class EndpointRules(Settings settings, List<ConfigurationFault> faults)
{
    private const string Section = "Broker:Endpoints";

    /// <summary>The endpoints that are turned on; every one that breaks a rule is a fault.</summary>
    /// <param name="options">Everything that was configured.</param>
    /// <param name="auth">What there is for saying who one is.</param>
    public IReadOnlyList<ConfiguredEndpoint> Check(BrokerHostOptions options, ConfiguredAuth auth)
    {
        var endpoints = new List<ConfiguredEndpoint>();
        foreach ((string name, EndpointOptions endpoint) in options.Endpoints)
        {
            if (TryCheck(name, endpoint, auth) is { } sound) endpoints.Add(sound);
        }

        for (int i = 1; i < endpoints.Count; i++) CheckOverlap(endpoints[i], endpoints.Take(i));
        var access = new LoginRules(options.Auth, options.Acl.Path.Length > 0, Fault);
        foreach (ConfiguredEndpoint endpoint in endpoints) access.Check(endpoint);
        access.CheckUse(endpoints);
        bool allOff = options.Endpoints.Values.All(endpoint => endpoint.Url.Length == 0);
        if (allOff) faults.Add(new(Section, null, "every endpoint is turned off; give at least one a Url"));
        return endpoints;
    }

    private ConfiguredEndpoint? TryCheck(string name, EndpointOptions options, ConfiguredAuth auth)
    {
        string path = $"{Section}:{name}";
        if (!name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
        {
            Fault(path, "a name may have letters, digits, - and _ only");
        }

        if (options.Url.Length == 0)
        {
            if (!settings.TryGet($"{path}:Url", out _)) Fault(path, $"has no Url; {EndpointUrl.Allowed}");
            return null;
        }

        if (!EndpointUrl.TryParse(options.Url, out EndpointUrl url))
        {
            Fault($"{path}:Url", $"'{options.Url}' is not allowed; {EndpointUrl.Allowed}");
            return null;
        }

        CheckOrigins(path, url, options);
        CheckClientCertificates(path, url, options);
        return new ConfiguredEndpoint(name, url, options, CheckCertificate(path, url, options.Certificate))
        {
            ClientCertificates = options.ClientCertificates == CertificateDemand.None ? null : auth.ClientCertificates,
        };
    }

    private ServerCertificate? CheckCertificate(string path, EndpointUrl url, CertificateOptions? options)
    {
        string key = $"{path}:Certificate";
        if (!url.IsEncrypted)
        {
            if (options is not null) Fault(key, $"is set, but {url.Scheme}:// does not encrypt; write {url.Scheme}s:// in {path}:Url");
            return null;
        }

        if (string.IsNullOrEmpty(options?.Path))
        {
            string what = $"is not set, but {url.Scheme}:// needs a certificate: a PEM file (with KeyPath) or a PKCS #12 file (with Password)";
            faults.Add(new($"{key}:Path", settings.OriginOf($"{path}:Url"), what));
            return null;
        }

        ServerCertificate? certificate = ServerCertificate.TryLoad(options, out (string Option, string Message)? fault);
        if (fault is { } found) Fault($"{key}:{found.Option}", found.Message);
        return certificate;
    }

    private void CheckClientCertificates(string path, EndpointUrl url, EndpointOptions options)
    {
        if (options.ClientCertificates == CertificateDemand.None || url.IsEncrypted) return;
        Fault($"{path}:ClientCertificates", $"is set, but {url.Scheme}:// does not encrypt; write {url.Scheme}s:// in {path}:Url");
    }

    private void CheckOrigins(string path, EndpointUrl url, EndpointOptions options)
    {
        if (options.AllowedOrigins is not { } origins) return;
        string key = $"{path}:AllowedOrigins";
        if (!url.IsHttp) Fault(key, $"is only for http:// and https://, since {url.Scheme}:// takes no WebSocket");
        foreach (string origin in origins)
        {
            bool isOrigin = Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
                && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority).Length == origin.Length;
            if (!isOrigin && origin != "*") Fault(key, $"'{origin}' is not allowed; allowed is * or an origin such as https://dashboard.example:8443, without a path");
        }
    }

    private void CheckOverlap(ConfiguredEndpoint endpoint, IEnumerable<ConfiguredEndpoint> earlier)
    {
        if (earlier.FirstOrDefault(other => other.Url.Overlaps(endpoint.Url)) is not { } taken) return;
        Fault(endpoint.Key, $"'{endpoint.Options.Url}' claims the same address and port as {taken.Key} ('{taken.Options.Url}')");
    }

    private void Fault(string key, string message) => faults.Add(new(key, settings.OriginOf(key), message));
}
