using Broker.Core;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Host.Security;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Reloading;

/// <summary>
/// The certificates of the endpoints, and the authorities and revocation lists of their clients: new ones are for the connections to
/// come, and those that are there live on. A bad replacement changes nothing.
/// </summary>
/// <remarks>Threading: one caller at a time prepares or refreshes; the lock sees to it.</remarks>
internal sealed class CertificateSettings(HostConfiguration started, TlsEndpoints tls, ILogger<CertificateSettings> logger, MqttBroker? broker = null) : IReloadable
{
    private readonly Lock _gate = new();
    private volatile HostConfiguration _current = started;

    /// <inheritdoc/>
    public string Name => "certificates";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => FilesOf(_current);

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        var later = new List<string>();
        var changes = new List<(string Name, TlsHandshake Handshake, ServerCertificate Certificate, ClientCertificateRules? Clients)>();
        foreach (ConfiguredEndpoint endpoint in next.Endpoints)
        {
            if (tls.Of(endpoint.Name) is not { } handshake || endpoint.Certificate is not { } certificate) continue;
            if (handshake.Url != endpoint.Options.Url) continue; // it is opened elsewhere, with all that is new
            bool isSameDemand = handshake.Demand == endpoint.Options.ClientCertificates;
            if (!isSameDemand) later.Add($"Broker:Endpoints:{endpoint.Name}:ClientCertificates");
            ClientCertificateRules? clients = isSameDemand ? endpoint.ClientCertificates : handshake.Clients;
            if (!IsSame(handshake, certificate, clients)) changes.Add((endpoint.Name, handshake, certificate, clients));
        }

        return new ReloadPlan
        {
            AtNextStart = later,
            Summary = changes.Count == 0 ? null : string.Join(", ", changes.Select(change => change.Name)),
            Apply = changes.Count == 0 && FilesOf(next).SequenceEqual(Files) && UrlsOf(next).SequenceEqual(UrlsOf(_current)) ? null : () =>
            {
                lock (_gate)
                {
                    foreach ((_, TlsHandshake handshake, ServerCertificate certificate, ClientCertificateRules? clients) in changes) handshake.Use(certificate, clients);
                    _current = next;
                    Expel();
                }
            },
        };
    }

    /// <summary>Reads the files again that the configuration named last; where one is bad, the endpoints that use it keep what they have.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            HostConfiguration current = _current;
            var faults = new List<string>();
            ClientCertificateRules? clients = current.Options.Auth.ClientCertificates is { } options
                ? new ClientCertificateReader("Broker:Auth:ClientCertificates", (key, fault) => faults.Add($"{key}: {fault}")).Read(options)
                : null;
            foreach (ConfiguredEndpoint endpoint in current.Endpoints)
            {
                if (tls.Of(endpoint.Name) is { } handshake && endpoint.Options.Certificate is { } files) Refresh(endpoint, handshake, files, clients, faults);
            }

            foreach (string fault in faults) HostLog.CertificateKept(logger, fault);
            Expel();
        }
    }

    /// <summary>Ends the connections of certificates that are revoked by now.</summary>
    private void Expel()
    {
        int count = broker?.Expel(
            subject => subject.Connection is { Proven.Evidence: CertificateMark mark } connection && tls.Of(connection.Endpoint)?.Clients?.Revokes(mark) == true,
            "The client certificate was revoked") ?? 0;
        if (count > 0) HostLog.Expelled(logger, count, "their certificates were revoked");
    }

    private static List<string> FilesOf(HostConfiguration configuration) =>
    [
        .. configuration.Endpoints.SelectMany(endpoint => (string?[])[endpoint.Options.Certificate?.Path, endpoint.Options.Certificate?.KeyPath])
            .Concat([configuration.Options.Auth.ClientCertificates?.CaFile, configuration.Options.Auth.ClientCertificates?.CrlFile])
            .OfType<string>().Where(path => path.Length > 0).Distinct(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> UrlsOf(HostConfiguration configuration) =>
        configuration.Endpoints.Where(endpoint => endpoint.Certificate is not null).Select(endpoint => $"{endpoint.Name} {endpoint.Options.Url}");

    private static bool IsSame(TlsHandshake handshake, ServerCertificate certificate, ClientCertificateRules? clients) =>
        handshake.Certificate.Leaf.Thumbprint == certificate.Leaf.Thumbprint
        && handshake.Certificate.Intermediates.Select(one => one.Thumbprint).SequenceEqual(certificate.Intermediates.Select(one => one.Thumbprint))
        && handshake.Clients?.Digest == clients?.Digest;

    private void Refresh(ConfiguredEndpoint endpoint, TlsHandshake handshake, CertificateOptions files, ClientCertificateRules? clients, List<string> faults)
    {
        ServerCertificate? certificate = ServerCertificate.TryLoad(files, out (string Option, string Message)? fault);
        if (fault is { } found) faults.Add($"Broker:Endpoints:{endpoint.Name}:Certificate:{found.Option}: {found.Message}");

        // Each half by itself: a bad certificate of ours must not keep a revocation from taking effect, nor the other way round.
        ServerCertificate shown = certificate ?? handshake.Certificate;
        ClientCertificateRules? taken = handshake.Clients is null ? null : clients ?? handshake.Clients;
        if (IsSame(handshake, shown, taken)) return;
        handshake.Use(shown, taken);
        HostLog.CertificateReplaced(logger, endpoint.Name, shown.Leaf.NotAfter.ToUniversalTime());
    }
}
