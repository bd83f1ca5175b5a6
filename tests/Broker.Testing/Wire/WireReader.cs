using System.Text;

namespace Broker.Testing.Wire;

/// <summary>Takes MQTT's data types from bytes; strict, since what it reads was written by the broker under test.</summary>
internal sealed class WireReader(byte[] bytes)
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _position;

    public int Remaining => bytes.Length - _position;

    public byte[] Take(int count)
    {
        if (count > Remaining) throw new InvalidDataException("The packet is cut off.");
        _position += count;
        return bytes[(_position - count).._position];
    }

    public byte[] Rest() => Take(Remaining);

    public byte Byte() => Take(1)[0];

    public ushort UInt16()
    {
        byte[] two = Take(2);
        return (ushort)((two[0] * 256) + two[1]);
    }

    public uint UInt32() => (UInt16() * 65_536u) + UInt16();

    public uint VarInt()
    {
        uint value = 0;
        uint weight = 1;
        for (int i = 0; i < 4; i++)
        {
            byte digit = Byte();
            value += (uint)(digit % 128) * weight;
            weight *= 128;
            if (digit >= 128) continue;
            if (digit == 0 && i > 0) throw new InvalidDataException("A variable byte integer is not in its shortest form.");
            return value;
        }

        throw new InvalidDataException("A variable byte integer has more than four bytes.");
    }

    public byte[] Binary() => Take(UInt16());

    public string Text()
    {
        string text = _strictUtf8.GetString(Binary());
        return text.Contains('\0') ? throw new InvalidDataException("A string contains U+0000.") : text;
    }

    public void ExpectEnd()
    {
        if (Remaining > 0) throw new InvalidDataException($"{Remaining} bytes follow the packet's last field.");
    }
}
