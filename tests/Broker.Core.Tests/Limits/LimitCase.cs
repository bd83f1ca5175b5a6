using System.Net;
using Broker.Core.Connections;
using Broker.Core.Limits;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;

namespace Broker.Core.Tests.Limits;

/// <summary>A broker with bounds for everybody: who connects is who its user name says; what is told to the audit is kept.</summary>
internal sealed class LimitCase : IAuthenticator, IAudit, ILoadMeter, IDisposable
{
    private readonly List<string> _limits = [];

    public LimitCase(BudgetOptions? budgets = null, BrokerLimits? limits = null, IAuthorizer? authorizer = null, TimeSpan? sysInterval = null)
    {
        Broker = new TestBroker(
            limits,
            parts => parts with { Authenticator = this, Audit = this, Load = this, Authorizer = authorizer ?? new AllowAll() },
            sysInterval,
            budgets: budgets);
    }

    public TestBroker Broker { get; }

    /// <summary>The limits that the audit was told of.</summary>
    public IReadOnlyList<string> Limits => _limits;

    /// <summary>What the broker is told of the load.</summary>
    public Load Load { get; set; }

    public long Reached(string scope, BudgetItem item) => Broker.Broker.Context.Metrics.LimitsReached(scope, item);

    /// <summary>Opens a connection and says CONNECT; the answer is still to be read.</summary>
    public TestClient Ask(string clientId, string? user = null, string endpoint = "Test", string? address = null, ConnectOptions? options = null)
    {
        options ??= new ConnectOptions();
        var info = new ConnectionInfo(endpoint, TransportKind.Memory, address is null ? null : new IPEndPoint(IPAddress.Parse(address), 1));
        TestClient client = Broker.Open(info, options.Version);
        client.Send(ClientPackets.Connect(options with { ClientId = clientId, UserName = user }));
        return client;
    }

    /// <summary>The same, and it has to be let in.</summary>
    public TestClient Connect(string clientId, string? user = null, string endpoint = "Test", string? address = null, ConnectOptions? options = null)
    {
        TestClient client = Ask(clientId, user, endpoint, address, options);
        ServerPacket.ConnAck answer = client.Expect<ServerPacket.ConnAck>();
        if (answer.ReasonCode != ReasonCode.Success) throw new InvalidOperationException($"CONNACK says {answer.ReasonCode} {answer.ReasonString}");
        return client;
    }

    public static ConnectOptions Kept { get; } = new() { CleanStart = false, Properties = new Properties().SessionExpiryInterval(3_600) };

    public static byte[] Publish(string topic, int bytes = 1, QualityOfService qos = QualityOfService.AtMostOnce) =>
        ClientPackets.Publish(ProtocolVersion.V5, topic, new byte[bytes], qos, id: qos == QualityOfService.AtMostOnce ? (ushort)0 : (ushort)1);

    public void Dispose() => Broker.Dispose();

    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken) =>
        new(AuthenticationResult.Accept(request.UserName is null ? Principal.Anonymous : new Principal("test", request.UserName)));

    Load ILoadMeter.Read() => Load;

    void IAudit.Connected(AccessSubject subject, bool tookOver)
    {
    }

    void IAudit.Refused(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason)
    {
    }

    void IAudit.Closed(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason)
    {
    }

    void IAudit.Denied(in AccessRequest request)
    {
    }

    void IAudit.LimitReached(string limit, AccessSubject? subject) => _limits.Add(limit);
}
