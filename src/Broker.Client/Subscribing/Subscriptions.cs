using Broker.Client.Connection;
using Broker.Client.Telemetry;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Broker.Client.Subscribing;

/// <summary>
/// Which queue gets which message, and what the broker's session has to know about it: restored where the session was lost.
/// </summary>
/// <remarks>Threading: any thread adds and removes; the connection's reader dispatches. One lock, never held while waiting.</remarks>
internal sealed class Subscriptions(Inbox inbox, ConnectionGate connections, ClientMetrics metrics, ILogger log, int maxUnclaimed)
{
    private const int KeptIdentifiers = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, FilterSubscription> _filters = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, Route> _routes = [];
    private readonly HashSet<string> _left = new(StringComparer.Ordinal); // ended while there was no connection
    private readonly UnclaimedDeliveries _unclaimed = new(maxUnclaimed);
    private uint _identifier = (uint)Random.Shared.Next(1, 1 << 27); // those of an earlier process must not be taken for ours

    /// <summary>Subscribes; waits for the connection if it has to.</summary>
    /// <exception cref="BrokerClientException">The broker refuses, or the same filter is in use in another way.</exception>
    public async Task AddAsync(string filter, FilterOptions options, DeliveryQueue queue, CancellationToken cancellationToken)
    {
        FilterSubscription subscription = Register(filter, options, queue);
        try
        {
            while (true)
            {
                BrokerConnection connection = await connections.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await SubscribeAsync(connection, subscription, queue, cancellationToken).ConfigureAwait(false);
                    break;
                }
                catch (BrokerClientException exception) when (exception.Error == BrokerClientError.ConnectionLost)
                {
                    log.SubscribeAgain(filter, exception);
                }
            }
        }
        catch
        {
            Unregister(filter, queue);
            throw;
        }

        lock (_gate) _unclaimed.Claim(topic => Matches(filter, topic), queue);
    }

    /// <summary>Ends a local subscription, and the broker's where it was the last.</summary>
    public async Task RemoveAsync(string filter, DeliveryQueue queue)
    {
        if (!Unregister(filter, queue)) return;
        BrokerConnection? connection = connections.Current;
        try
        {
            if (connection is not null)
            {
                await connection.UnsubscribeAsync(new MqttUnsubscribePacket { TopicFilters = [filter] }).ConfigureAwait(false);
                return;
            }
        }
        catch (BrokerClientException exception)
        {
            log.UnsubscribeLater(filter, exception);
        }

        lock (_gate)
        {
            if (!_filters.ContainsKey(filter)) _left.Add(filter);
        }
    }

    /// <summary>A connection begins: gives the broker what its session lacks.</summary>
    public void Connected(BrokerConnection connection, bool sessionPresent)
    {
        List<FilterSubscription> lost = [];
        lock (_gate)
        {
            if (sessionPresent)
            {
                foreach (string filter in _left) connection.Send(connection.Numbered(new MqttUnsubscribePacket { TopicFilters = [filter] }));
            }
            else
            {
                _routes.Clear();
                _unclaimed.Clear();
                foreach (FilterSubscription subscription in _filters.Values)
                {
                    subscription.Identifiers.Clear();
                    if (subscription.IsEstablished) lost.Add(subscription);
                }
            }

            _left.Clear();
        }

        foreach (FilterSubscription subscription in lost) _ = RestoreAsync(connection, subscription);
    }

    /// <summary>Hands a message to whom it is for.</summary>
    public void Dispatch(MqttPublishPacket packet, DateTimeOffset now)
    {
        Receipt? receipt = null;
        if (packet.QualityOfServiceLevel != MqttQualityOfServiceLevel.AtMostOnce)
        {
            receipt = inbox.Receive(packet);
            if (receipt is null) return;
        }

        metrics.Received(packet.Payload.Length);
        bool isClaimed = packet.SubscriptionIdentifiers is { Count: > 0 } ? ByIdentifier(packet, receipt, now) : ByFilter(packet, receipt, now);
        if (!isClaimed) Unclaimed(packet, receipt, now);
        receipt?.Release();
    }

    /// <summary>The client is over.</summary>
    public void Close(BrokerClientException? fault)
    {
        lock (_gate)
        {
            foreach (DeliveryQueue queue in _filters.Values.SelectMany(subscription => subscription.Queues)) queue.Close(fault, completeWaiting: false);
        }
    }

    private static string Plain(string filter)
    {
        if (filter.StartsWith("$share/", StringComparison.Ordinal)) filter = filter[(filter.IndexOf('/', "$share/".Length) + 1)..];
        return filter.StartsWith("$changes/", StringComparison.Ordinal) ? filter["$changes/".Length..] : filter;
    }

    private static bool Matches(string filter, string topic) => MqttTopicFilterComparer.Compare(topic, Plain(filter)) == MqttTopicFilterCompareResult.IsMatch;

    private FilterSubscription Register(string filter, FilterOptions options, DeliveryQueue queue)
    {
        lock (_gate)
        {
            if (!_filters.TryGetValue(filter, out FilterSubscription? subscription))
            {
                subscription = new FilterSubscription(filter, options);
                _filters.Add(filter, subscription);
            }
            else if (filter.StartsWith("$share/", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"This client is already a member of {filter}: take more of its work by more parallelism, or with another client");
            }
            else if (!subscription.Options.FitsWith(options))
            {
                throw new InvalidOperationException($"This client already subscribes to {filter} with other options, and a broker keeps one subscription a filter: use the same options or another client");
            }
            else if (options.Qos > subscription.Options.Qos)
            {
                subscription.Options = subscription.Options with { Qos = options.Qos };
            }

            subscription.Queues = [.. subscription.Queues, queue];
            _left.Remove(filter);
            return subscription;
        }
    }

    private bool Unregister(string filter, DeliveryQueue queue)
    {
        lock (_gate)
        {
            if (!_filters.TryGetValue(filter, out FilterSubscription? subscription)) return false;
            subscription.Queues = [.. subscription.Queues.Where(one => one != queue)];
            if (subscription.Queues.Length > 0) return false;
            foreach (uint identifier in subscription.Identifiers) _routes.Remove(identifier);
            return _filters.Remove(filter);
        }
    }

    private async Task SubscribeAsync(BrokerConnection connection, FilterSubscription subscription, DeliveryQueue? newcomer, CancellationToken cancellationToken)
    {
        MqttSubscribePacket packet = Packet(connection, subscription, newcomer);
        MqttSubAckPacket answer = await connection.SubscribeAsync(packet, cancellationToken).ConfigureAwait(false);
        byte reason = answer.ReasonCodes.Count > 0 ? (byte)answer.ReasonCodes[0] : ReasonCodes.FirstError;
        if (reason >= ReasonCodes.FirstError)
        {
            throw new BrokerClientException(
                BrokerClientError.SubscribeRefused,
                $"The broker refused the subscription to {subscription.Filter}: {ReasonCodes.Describe(reason, answer.ReasonString)}",
                ReasonCodes.MayRetry(reason),
                reason);
        }

        lock (_gate) subscription.IsEstablished = true;
    }

    private MqttSubscribePacket Packet(BrokerConnection connection, FilterSubscription subscription, DeliveryQueue? newcomer)
    {
        var packet = new MqttSubscribePacket();
        lock (_gate)
        {
            FilterOptions options = subscription.Options;
            packet.TopicFilters =
            [
                new MqttTopicFilter
                {
                    Topic = subscription.Filter,
                    QualityOfServiceLevel = (MqttQualityOfServiceLevel)options.Qos,
                    NoLocal = options.NoLocal,
                    RetainHandling = options.InitialValues ? MqttRetainHandling.SendAtSubscribe : MqttRetainHandling.DoNotSendOnSubscribe,
                },
            ];
            if (options.Properties.Count > 0) packet.UserProperties = PublishPackets.UserProperties(options.Properties, null);
            if (!connection.Features.SubscriptionIdentifiers) return packet;
            packet.SubscriptionIdentifier = ++_identifier;
            subscription.Identifiers.Add(_identifier);
            _routes[_identifier] = new Route(subscription, newcomer);
            while (subscription.Identifiers.Count > KeptIdentifiers)
            {
                _routes.Remove(subscription.Identifiers[0]);
                subscription.Identifiers.RemoveAt(0);
            }
        }

        return packet;
    }

    private async Task RestoreAsync(BrokerConnection connection, FilterSubscription subscription)
    {
        try
        {
            await SubscribeAsync(connection, subscription, null, CancellationToken.None).ConfigureAwait(false);
        }
        catch (BrokerClientException exception) when (exception.Error == BrokerClientError.ConnectionLost)
        {
            log.SubscribeAgain(subscription.Filter, exception); // the next connection restores it
        }
        catch (BrokerClientException exception)
        {
            log.SubscriptionLost(subscription.Filter, exception);
            foreach (DeliveryQueue queue in subscription.Queues) queue.Close(exception, completeWaiting: true);
        }
    }

    private bool ByIdentifier(MqttPublishPacket packet, Receipt? receipt, DateTimeOffset now)
    {
        bool isClaimed = false;
        lock (_gate)
        {
            foreach (uint identifier in packet.SubscriptionIdentifiers)
            {
                if (!_routes.TryGetValue(identifier, out Route? route)) continue;
                isClaimed = true;
                if (packet.Retain && route.RetainedFor is { } newcomer) HandOut(newcomer, packet, receipt, now);
                else foreach (DeliveryQueue queue in route.Subscription.Queues) HandOut(queue, packet, receipt, now);
            }
        }

        return isClaimed;
    }

    private bool ByFilter(MqttPublishPacket packet, Receipt? receipt, DateTimeOffset now)
    {
        bool isClaimed = false;
        lock (_gate)
        {
            foreach (FilterSubscription subscription in _filters.Values)
            {
                if (!Matches(subscription.Filter, packet.Topic)) continue;
                isClaimed = true;
                foreach (DeliveryQueue queue in subscription.Queues) HandOut(queue, packet, receipt, now);
            }
        }

        return isClaimed;
    }

    private void HandOut(DeliveryQueue queue, MqttPublishPacket packet, Receipt? receipt, DateTimeOffset now)
    {
        receipt?.Hold();
        if (queue.Add(new Delivery(packet, receipt, now))) metrics.Dropped();
    }

    private void Unclaimed(MqttPublishPacket packet, Receipt? receipt, DateTimeOffset now)
    {
        if (receipt is null) return;
        receipt.Hold();
        Delivery? oldest;
        lock (_gate) oldest = _unclaimed.Keep(new Delivery(packet, receipt, now));
        if (oldest is null) return;
        log.Unclaimed(oldest.Topic);
        oldest.Complete();
    }
}
