using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>Whether there is room for a client whose identity is known, and in which tenant it is.</summary>
/// <remarks>Threading: a step of the handshake.</remarks>
internal static class Admission
{
    /// <summary>Counts a client as its principal's and its tenant's; returns why it is refused, or null.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="request">What it asked for.</param>
    /// <param name="principal">Who it is.</param>
    /// <param name="subject">Whose rights are asked for from now on: with the client identifier as the client gave it.</param>
    /// <param name="identity">What its session belongs to: with the full client identifier.</param>
    public static (ReasonCode ReasonCode, string Text)? TryAdmit(
        ClientConnection connection, ConnectRequest request, Principal principal, out AccessSubject subject, out PublisherIdentity identity)
    {
        BrokerContext broker = connection.Broker;
        bool isClear = broker.Budgets.Tenants.TryFind(connection.Info.Endpoint, principal, out Tenant? tenant);
        subject = new AccessSubject(principal, request.ClientId, connection.Info) { Tenant = tenant };
        string clientId = tenant?.Mount(request.ClientId) ?? request.ClientId;
        identity = new PublisherIdentity(clientId, principal);
        if (!isClear) return (ReasonCode.NotAuthorized, "This endpoint is another tenant's");
        bool isTaken = tenant is null && broker.Budgets.Tenants.OfClient(clientId) is not null;
        if (isTaken) return (ReasonCode.ClientIdentifierNotValid, "Client identifiers that begin so belong to a tenant");
        bool isStranger = connection.NeedsPrivilege && !broker.Budgets.Privileged.HasUser(principal.Name);
        if (isStranger) return (ReasonCode.QuotaExceeded, "The broker takes privileged clients only, since it is full or overloaded; try again later");
        connection.Budget?.Pardon();

        ReasonCode reason = broker.Budgets.TryEnter(ref connection.Budget, subject, clientId, replaces: broker.Lifecycle.IsConnected(clientId, principal));
        if (reason != ReasonCode.Success) return (reason, TextOf(reason));
        connection.Tenant = tenant;
        return null;
    }

    /// <summary>The will as the tenant's: its topic was checked before it was known whose it is. The reference goes over to what comes back.</summary>
    public static Message? Mount(BrokerContext broker, Message? will, Tenant? tenant, PublisherIdentity identity)
    {
        if (will is null || tenant is null) return will;
        var publication = new Publication
        {
            Topic = tenant.MountCopy(will.Topic),
            Payload = will.Payload,
            Properties = new ForwardedProperties(will.Properties, will.Properties.Length),
            Qos = will.Qos,
            Retain = will.Retain,
            Publisher = identity,
        };
        Message mounted = broker.Messages.Create(publication, broker.Clock.Now);
        will.Release();
        return mounted;
    }

    /// <summary>What a client is told that found no room.</summary>
    public static string TextOf(ReasonCode reason) =>
        reason == ReasonCode.ConnectionRateExceeded ? "Too many connects a second; try again later" : "There is no room for more connections; try again later";

    /// <summary>The reason code for a client that got no session.</summary>
    public static ReasonCode ReasonOf(AttachOutcome outcome) => outcome == AttachOutcome.OtherPrincipal ? ReasonCode.ClientIdentifierNotValid : ReasonCode.QuotaExceeded;

    /// <summary>What a client is told that got no session.</summary>
    public static string TextOf(AttachOutcome outcome) => outcome switch
    {
        AttachOutcome.TooManySessions => "The broker holds as many sessions as it may",
        AttachOutcome.TooManyOfOwner => "This user or tenant has as many sessions as it may",
        _ => "The client identifier belongs to another user",
    };
}
