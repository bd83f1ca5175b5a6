using System.Globalization;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Crash;

/// <summary>Publishes numbers, odd publishers at QoS 2 and even ones at QoS 1, and sends again what was not acknowledged.</summary>
internal sealed class CrashPublisher(int number, int port, int window, History history) : CrashClient($"publisher-{number}", port, history)
{
    private const int RetainedEvery = 25;
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(20);

    private readonly LinkedList<Outstanding> _outstanding = new();
    private readonly Dictionary<ushort, LinkedListNode<Outstanding>> _byId = [];
    private readonly QualityOfService _qos = number % 2 == 1 ? QualityOfService.ExactlyOnce : QualityOfService.AtLeastOnce;
    private long _last;
    private ushort _lastId;
    private volatile bool _isFinishing;

    public bool IsFinished { get; private set; }

    /// <summary>Publishes nothing new any more.</summary>
    public void Finish() => _isFinishing = true;

    protected override void Live(Link link, bool isPresent)
    {
        foreach (Outstanding one in _outstanding)
        {
            one.IsInDoubt = true;
            Send(link, one, isAgain: true);
        }

        while (!IsStopping)
        {
            bool mayPublish = !_isFinishing && _outstanding.Count < window;
            if (mayPublish) Publish(link);
            IsFinished = _isFinishing && _outstanding.Count == 0;
            ServerPacket? packet = link.Receive(mayPublish ? TimeSpan.Zero : _patience);
            if (packet is ServerPacket.Ack ack) Handle(link, ack);
            else if (packet is ServerPacket.Disconnect) throw new IOException("told to go");
        }
    }

    private void Publish(Link link)
    {
        do _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        while (_byId.ContainsKey(_lastId));
        var one = new Outstanding(++_last, _lastId, _last % RetainedEvery == 0);
        _byId.Add(one.Id, _outstanding.AddLast(one));
        History.Sent(number, one.Number);
        Send(link, one, isAgain: false);
    }

    private void Send(Link link, Outstanding one, bool isAgain)
    {
        if (one.IsReleased)
        {
            link.Send(ClientPackets.PubRel(ProtocolVersion.V5, one.Id));
            return;
        }

        string topic = string.Create(CultureInfo.InvariantCulture, $"c/{number}{(one.IsRetained ? "/r" : "")}");
        link.Send(ClientPackets.Publish(ProtocolVersion.V5, topic, Payload.Of(number, one.Number), _qos, one.Id, one.IsRetained, isAgain));
    }

    private void Handle(Link link, ServerPacket.Ack ack)
    {
        if (!_byId.TryGetValue(ack.PacketId, out LinkedListNode<Outstanding>? node)) return;
        Outstanding one = node.Value;
        bool isOver = ack is not ServerPacket.PubRec || ack.ReasonCode >= ReasonCode.UnspecifiedError;
        if (ack is ServerPacket.PubAck or ServerPacket.PubRec && !one.IsReleased)
        {
            if (ack.ReasonCode < ReasonCode.UnspecifiedError) History.Acknowledged(number, one.Number, one.IsRetained);
            else if (!one.IsInDoubt) History.Refused(number, one.Number);
        }

        if (isOver)
        {
            _outstanding.Remove(node);
            _byId.Remove(one.Id);
            return;
        }

        one.IsReleased = true;
        link.Send(ClientPackets.PubRel(ProtocolVersion.V5, one.Id));
    }

    private sealed class Outstanding(long number, ushort id, bool isRetained)
    {
        public long Number { get; } = number;

        public ushort Id { get; } = id;

        public bool IsRetained { get; } = isRetained;

        public bool IsReleased { get; set; }

        /// <summary>It was sent before, and the broker ended before it answered: perhaps it was taken, whatever is said now.</summary>
        public bool IsInDoubt { get; set; }
    }
}
