using Broker.Core.Protocol;
using Broker.Testing;
using Broker.Testing.Wire;

namespace Broker.Fuzz.Targets;

/// <summary>
/// A whole broker in memory: a byte for how the stream is cut into reads, then what one client sends. What anybody is sent has to be
/// a packet by the strict decoder of the tests; another client goes on being served; the broker logs no error and holds no message that nobody owns.
/// </summary>
internal sealed class ConnectionTarget : FuzzTarget
{
    private const int MostReads = 64;

    public override string Name => "connection";

    public override int Share => 10;

    public override IEnumerable<byte[]> Seeds
    {
        get
        {
            foreach (ProtocolVersion version in (ProtocolVersion[])[ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5])
            {
                byte[][] packets = [.. SeedPackets.All.Where(packet => packet.Version == version && packet.Bytes[0] != 0x10).Select(packet => packet.Bytes)];
                foreach (byte[] packet in packets) yield return [0, .. SeedPackets.Connect(version), .. packet];
                yield return [7, .. SeedPackets.Connect(version, isBare: false), .. packets.SelectMany(packet => packet)];
            }
        }
    }

    public override IReadOnlyList<byte[]> Words => SeedPackets.Words;

    public override int MaxBytes => 1_024;

    // A broker is made for each execution: 4 to 6 MB of tables and buffers where no pool has them; what a client may make it hold are limits, not its input.
    public override long AllocationBound(int inputBytes) => 16_777_216 + (4_096L * inputBytes);

    public override object? Execute(byte[] input)
    {
        if (input.Length == 0) return null;
        using var broker = new TestBroker();
        TestClient other = broker.Connect("other");
        other.Subscribe("#", QualityOfService.AtLeastOnce);
        ProtocolVersion? version = VersionOf(input.AsSpan(1));
        TestClient client = broker.Open(version == ProtocolVersion.V5 ? ProtocolVersion.V5 : ProtocolVersion.V311);
        int read = Math.Max(input[0] == 0 ? input.Length : input[0], input.Length / MostReads);
        for (int at = 1; at < input.Length && !client.IsClosed; at += read) client.Send(input[at..Math.Min(at + read, input.Length)]);
        if (version is not null) client.All(); // else nobody knows in which version it is refused
        broker.Advance(TimeSpan.FromSeconds(2));
        client.Drop();
        other.All();
        if (other.IsClosed) throw new InvalidOperationException("another client was disconnected");
        other.Send(ClientPackets.PingReq());
        if (!other.All().OfType<ServerPacket.PingResp>().Any()) throw new InvalidOperationException("another client is not answered");
        return null;
    }

    private static ProtocolVersion? VersionOf(ReadOnlySpan<byte> stream)
    {
        try
        {
            bool isWhole = FrameReader.TryRead(stream, int.MaxValue, out Frame frame, out _);
            return isWhole && frame.Type == PacketType.Connect ? ConnectPacket.PeekVersion(frame) : null;
        }
        catch (ProtocolViolationException)
        {
            return null;
        }
    }
}
