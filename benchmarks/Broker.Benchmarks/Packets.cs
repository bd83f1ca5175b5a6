using System.Text;

namespace Broker.Benchmarks;

/// <summary>The few packets that the benchmarks send.</summary>
internal static class Packets
{
    public static byte[] Connect(string clientId, byte level, int keepAlive = 0)
    {
        byte[] id = Encoding.UTF8.GetBytes(clientId);
        byte[] variable = [0, 4, .. "MQTT"u8, level, 2, (byte)(keepAlive >> 8), (byte)keepAlive, .. level == 5 ? [0] : Array.Empty<byte>(), 0, (byte)id.Length, .. id];
        return [0x10, (byte)variable.Length, .. variable];
    }

    public static byte[] Subscribe(string filter, byte qos, byte level = 4)
    {
        byte[] name = Encoding.UTF8.GetBytes(filter);
        byte[] variable = [0, 1, .. level == 5 ? [0] : Array.Empty<byte>(), 0, (byte)name.Length, .. name, qos];
        return [0x82, (byte)variable.Length, .. variable];
    }

    public static byte[] Publish(string topic, int payload, byte qos, byte level = 4, ushort id = 1)
    {
        byte[] name = Encoding.UTF8.GetBytes(topic);
        byte[] packetId = qos == 0 ? [] : [(byte)(id >> 8), (byte)id];
        byte[] variable = [0, (byte)name.Length, .. name, .. packetId, .. level == 5 ? [0] : Array.Empty<byte>(), .. new byte[payload]];
        byte first = (byte)(0x30 | (qos << 1));
        return variable.Length < 128
            ? [first, (byte)variable.Length, .. variable]
            : [first, (byte)(variable.Length & 127 | 128), (byte)(variable.Length >> 7), .. variable];
    }
}
