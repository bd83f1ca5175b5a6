using System.Text;

namespace Broker.Testing.Wire;

/// <summary>Appends MQTT's data types to a list of bytes; knows nothing of the broker's codec, so that each can check the other.</summary>
internal sealed class WireWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public WireWriter Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public WireWriter UInt16(int value) => Byte(value >> 8).Byte(value);

    public WireWriter UInt32(uint value) => UInt16((int)(value >> 16)).UInt16((int)(value & 0xFFFF));

    public WireWriter VarInt(long value)
    {
        do
        {
            long digit = value % 128;
            value /= 128;
            Byte((int)(value > 0 ? digit + 128 : digit));
        }
        while (value > 0);
        return this;
    }

    public WireWriter Raw(params IEnumerable<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public WireWriter Binary(byte[] bytes) => UInt16(bytes.Length).Raw(bytes);

    public WireWriter Text(string text) => Binary(Encoding.UTF8.GetBytes(text));
}
