using System.Buffers;
using System.Text;
using System.Text.Json;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Time;

namespace Broker.Core.Publishing;

/// <summary>
/// Tells who is there: <c>$presence/&lt;client id&gt;</c>, retained, published when a client comes or goes. Characters that a
/// topic name cannot hold (+ and #) are written as %2B and %23, and % as %25.
/// </summary>
/// <remarks>
/// Threading: any thread. Its gate makes the last word about a client true: under it, the session registry is asked again,
/// so that events of two threads that overtake each other cannot leave a wrong state behind. Lock order: this gate before all
/// others; nothing calls it while holding one.
/// </remarks>
internal sealed class Presence(LimitsInForce inForce, SessionRegistry registry, MessageRouter router, BrokerClock clock)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<string> _offline = new();
    private readonly Dictionary<string, LinkedListNode<string>> _offlineNodes = new(StringComparer.Ordinal);

    /// <summary>A client came.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="tookOver">Whether an earlier connection of it was displaced.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public void Online(string clientId, bool tookOver, WakeBatch batch)
    {
        lock (_gate)
        {
            if (tookOver) Publish(clientId, "offline"u8, CloseReason.TakenOver.ToPresenceWord(), batch);
            if (!registry.IsConnected(clientId)) return;
            if (_offlineNodes.Remove(clientId, out LinkedListNode<string>? node)) _offline.Remove(node);
            Publish(clientId, "online"u8, "connected", batch);
        }
    }

    /// <summary>A client went.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="reason">Why.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public void Offline(string clientId, CloseReason reason, WakeBatch batch)
    {
        lock (_gate)
        {
            if (registry.IsConnected(clientId)) return;
            Publish(clientId, "offline"u8, reason.ToPresenceWord(), batch);
            if (!registry.Has(clientId)) Bound(clientId, batch);
        }
    }

    /// <summary>The session of a client that is away is over: from now on its last word is one of those that are bounded.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="batch">Collects the connections to wake.</param>
    public void Expired(string clientId, WakeBatch batch)
    {
        lock (_gate)
        {
            if (!registry.Has(clientId)) Bound(clientId, batch);
        }
    }

    private void Bound(string clientId, WakeBatch batch)
    {
        if (_offlineNodes.Remove(clientId, out LinkedListNode<string>? node)) _offline.Remove(node);
        _offlineNodes.Add(clientId, _offline.AddLast(clientId));
        while (_offline.Count > inForce.Current.OfflinePresence)
        {
            string oldest = _offline.First!.Value; // the list has more than the limit, so it is not empty
            _offline.RemoveFirst();
            _offlineNodes.Remove(oldest);
            Publish(oldest, default, "", batch);
        }
    }

    private void Publish(string clientId, ReadOnlySpan<byte> state, string reason, WakeBatch batch)
    {
        var json = new ArrayBufferWriter<byte>(128);
        if (!state.IsEmpty)
        {
            using var writer = new Utf8JsonWriter(json);
            writer.WriteStartObject();
            writer.WriteString("state"u8, state);
            writer.WriteString("since"u8, clock.UtcNow);
            writer.WriteString("reason"u8, reason);
            writer.WriteEndObject();
        }

        var publication = new Publication
        {
            Topic = Encoding.UTF8.GetBytes("$presence/" + Escape(clientId)),
            Payload = json.WrittenSpan,
            Qos = QualityOfService.AtLeastOnce,
            Retain = true,
            Publisher = PublisherIdentity.Broker,
        };
        router.Route(publication, AccessSubject.Broker, AccessAction.Publish, batch, out _);
    }

    private static string Escape(string clientId) =>
        clientId.AsSpan().IndexOfAny("+#%") < 0
            ? clientId
            : clientId.Replace("%", "%25", StringComparison.Ordinal)
                .Replace("+", "%2B", StringComparison.Ordinal)
                .Replace("#", "%23", StringComparison.Ordinal);
}
