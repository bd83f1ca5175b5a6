using Broker.Client.Connection;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Broker.Client.Subscribing;

/// <summary>
/// What the broker sent and is not acknowledged yet. Acknowledgements leave in the order in which the messages came, each after its message is dealt
/// with; a message that comes again on a resumed session while it is still being dealt with is not handed out again.
/// </summary>
/// <remarks>Threading: the connection's reader receives; any thread completes. One lock; packets are only queued under it.</remarks>
internal sealed class Inbox
{
    private readonly Lock _gate = new();
    private readonly Queue<Receipt> _order = new();
    private readonly Dictionary<ushort, Receipt> _open = [];
    private readonly HashSet<ushort> _released = []; // QoS 2: PUBREC sent, PUBREL awaited
    private BrokerConnection? _connection;

    /// <summary>How many messages are not acknowledged.</summary>
    public int Open
    {
        get { lock (_gate) return _open.Count; }
    }

    /// <summary>A connection begins.</summary>
    public void Connected(BrokerConnection connection, bool sessionPresent)
    {
        lock (_gate)
        {
            _connection = connection;
            _order.Clear();
            foreach (Receipt receipt in _open.Values.ToList())
            {
                // QoS 1 that did not come again on the last connection may have gone to another member of its group, and its identifier to another
                // message. QoS 2 stays with its client [MQTT-4.8.2-4], and its identifier with it.
                bool isStale = receipt.AwaitsRedelivery && receipt.Qos == QualityOfService.AtLeastOnce;
                if (!sessionPresent || isStale) Void(receipt);
                else receipt.AwaitsRedelivery = true;
            }

            if (!sessionPresent) _released.Clear();
        }
    }

    /// <summary>A connection is over: nothing is sent until the next.</summary>
    public void Disconnected()
    {
        lock (_gate) _connection = null;
    }

    /// <summary>Notes a QoS 1 or 2 message.</summary>
    /// <returns>Its receipt; null: it was handed out before.</returns>
    public Receipt? Receive(MqttPublishPacket packet)
    {
        lock (_gate)
        {
            var qos = (QualityOfService)packet.QualityOfServiceLevel;
            if (qos == QualityOfService.ExactlyOnce && _released.Contains(packet.PacketIdentifier))
            {
                SendPubRec(packet.PacketIdentifier);
                return null;
            }

            if (_open.TryGetValue(packet.PacketIdentifier, out Receipt? known))
            {
                if (IsSame(known, packet.Dup, qos))
                {
                    if (!known.AwaitsRedelivery) return null;
                    known.AwaitsRedelivery = false;
                    _order.Enqueue(known);
                    Flush();
                    return null;
                }

                Void(known);
            }

            var receipt = new Receipt(this, packet.PacketIdentifier, qos);
            _open.Add(packet.PacketIdentifier, receipt);
            _order.Enqueue(receipt);
            return receipt;
        }
    }

    /// <summary>A PUBREL: the broker will not send this message again.</summary>
    public void Release(ushort packetId)
    {
        lock (_gate)
        {
            bool known = _released.Remove(packetId);
            _connection?.Send(new MqttPubCompPacket
            {
                PacketIdentifier = packetId,
                ReasonCode = known ? MqttPubCompReasonCode.Success : MqttPubCompReasonCode.PacketIdentifierNotFound,
            });
        }
    }

    /// <summary>A message is dealt with.</summary>
    public void Done(Receipt receipt)
    {
        lock (_gate)
        {
            if (receipt.IsVoid) return;
            receipt.IsDone = true;
            Flush();
        }
    }

    // At QoS 2 the identifier decides until PUBREL, whatever DUP says and on whichever connection [MQTT-4.3.3-10]. At QoS 1 it may be used anew for
    // another message, which DUP then tells.
    private static bool IsSame(Receipt known, bool isDuplicate, QualityOfService qos) => qos == QualityOfService.ExactlyOnce
        ? known.Qos == QualityOfService.ExactlyOnce
        : isDuplicate && known.AwaitsRedelivery;

    private void Flush()
    {
        if (_connection is null) return;
        while (_order.TryPeek(out Receipt? first) && (first.IsDone || first.IsVoid)) // [MQTT-4.6.0-2] [MQTT-4.6.0-3]
        {
            _order.Dequeue();
            if (first.IsVoid) continue;
            _open.Remove(first.PacketId);
            if (first.Qos == QualityOfService.AtLeastOnce)
            {
                _connection.Send(new MqttPubAckPacket { PacketIdentifier = first.PacketId });
            }
            else
            {
                _released.Add(first.PacketId);
                SendPubRec(first.PacketId);
            }
        }
    }

    private void SendPubRec(ushort packetId) => _connection?.Send(new MqttPubRecPacket { PacketIdentifier = packetId });

    private void Void(Receipt receipt)
    {
        receipt.IsVoid = true;
        _open.Remove(receipt.PacketId);
    }
}
