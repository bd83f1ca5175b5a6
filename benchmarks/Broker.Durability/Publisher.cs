using System.Buffers.Binary;
using System.Diagnostics;
using Broker.LoadTests.Engine;

namespace Broker.Durability;

/// <summary>Keeps a number of QoS 1 publications on their way, and notes how long each acknowledgement took.</summary>
internal sealed class Publisher : LoadConnection
{
    private readonly byte[] _packet;
    private readonly int _idAt;
    private readonly long[] _sentAt;
    private ulong _sent;

    public Publisher(int port, int number, int inflight, int payloadBytes)
        : base(port, $"publisher-{number}")
    {
        (_packet, _idAt) = Wire.PublishTo($"durability/{number}", payloadBytes);
        _sentAt = new long[inflight];
    }

    /// <summary>Acknowledgements that came.</summary>
    public ulong Acknowledged { get; private set; }

    /// <summary>Whether everything that was sent is acknowledged.</summary>
    public bool IsDone => Acknowledged == _sent;

    /// <summary>Takes the times from now on; null: nobody does.</summary>
    public LatencyHistogram? Times { get; set; }

    /// <summary>Sends nothing new any more.</summary>
    public bool Stops { get; set; }

    public void Start()
    {
        for (int i = 0; i < _sentAt.Length; i++) Publish();
        Flush();
    }

    protected override void Take(byte first, ReadOnlySpan<byte> body)
    {
        ushort expected = Id(Acknowledged);
        if (first != Wire.PubAck || BinaryPrimitives.ReadUInt16BigEndian(body) != expected) throw new IOException($"PUBACK of {expected} was due [MQTT-4.6.0-2]");
        Times?.Record(Stopwatch.GetElapsedTime(_sentAt[Acknowledged % (ulong)_sentAt.Length]));
        Acknowledged++;
        if (!Stops) Publish();
    }

    private void Publish()
    {
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(_idAt), Id(_sent));
        BinaryPrimitives.WriteUInt64BigEndian(_packet.AsSpan(_idAt + 2), _sent);
        _sentAt[_sent % (ulong)_sentAt.Length] = Stopwatch.GetTimestamp();
        _sent++;
        _packet.CopyTo(Reserve(_packet.Length));
    }

    private static ushort Id(ulong number) => (ushort)(1 + (number % ushort.MaxValue));
}
