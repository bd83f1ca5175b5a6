using System.Net;
using System.Text;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;

namespace Broker.Host.Access;

/// <summary>What an operator asks of rules: may somebody do something on a topic.</summary>
internal sealed record AccessQuestion
{
    /// <summary>The actions that can be asked about.</summary>
    public static readonly string[] Actions = ["publish", "retain", "will", "subscribe", "share", "receive"];

    /// <summary>The principal's name; null: anonymous.</summary>
    public string? Principal { get; init; }

    /// <summary>How the principal is authenticated.</summary>
    public string Method { get; init; } = "password";

    /// <summary>The client identifier.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>The endpoint.</summary>
    public string Listener { get; init; } = "Mqtt";

    /// <summary>The client's address.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Whether the connection is encrypted.</summary>
    public bool Tls { get; init; }

    /// <summary>One of <see cref="Actions"/>.</summary>
    public string Action { get; init; } = "publish";

    /// <summary>The topic, or for subscribe and share the filter.</summary>
    public string Topic { get; init; } = "";

    /// <summary>The QoS.</summary>
    public int Qos { get; init; }

    /// <summary>The RETAIN flag.</summary>
    public bool Retain { get; init; }

    /// <summary>The shared group; empty: none.</summary>
    public string ShareName { get; init; } = "";

    /// <summary>What the rules answer.</summary>
    public AccessDecision Ask(AccessRules rules) => Ask(rules, Subject());

    /// <summary>What the rules answer for a subject that is this one.</summary>
    public AccessDecision Ask(AccessRules rules, AccessSubject subject)
    {
        bool isShare = Action == "share" && ShareName.Length == 0;
        return rules.Explain(new AccessRequest
        {
            Subject = subject,
            Action = Action switch
            {
                "publish" or "retain" => AccessAction.Publish,
                "will" => AccessAction.Will,
                "receive" => AccessAction.Receive,
                _ => AccessAction.Subscribe,
            },
            Topic = Encoding.UTF8.GetBytes(Topic),
            ShareName = isShare ? "group"u8 : Encoding.UTF8.GetBytes(ShareName),
            Qos = (QualityOfService)Qos,
            Retain = Retain || Action == "retain",
        });
    }

    /// <summary>Who asks.</summary>
    public AccessSubject Subject()
    {
        var connection = new ConnectionInfo(Listener, Tls ? TransportKind.Tls : TransportKind.Tcp, new IPEndPoint(Address, 0));
        return new AccessSubject(Principal is null ? Core.Security.Principal.Anonymous : new Principal(Method, Principal), ClientId, connection);
    }

    /// <summary>What is wrong with its topic, or null.</summary>
    public string? Check()
    {
        bool isFilter = Action is "subscribe" or "share";
        byte[] utf8 = Encoding.UTF8.GetBytes(Topic);
        Core.Topics.TopicFault fault = isFilter
            ? Core.Topics.TopicFilter.TryParse(utf8, 65_535, 128, out Core.Topics.TopicFilter filter) is var one and not Core.Topics.TopicFault.None ? one
                : filter.IsShared || filter.IsChangeOnly ? Core.Topics.TopicFault.ShareName : Core.Topics.TopicFault.None
            : Core.Topics.TopicName.Check(utf8, 65_535, 128);
        if (fault == Core.Topics.TopicFault.None) return null;
        return isFilter
            ? $"'{Topic}' is not a topic filter without $share/ and $changes/"
            : $"'{Topic}' is not a topic name: {fault}; filters are for subscribe and share";
    }
}
