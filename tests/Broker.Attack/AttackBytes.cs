using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Broker.Attack;

/// <summary>
/// Bytes as the attack files write them: hexadecimal digits; <c>"text"</c> with its length in front and <c>'text'</c> without;
/// <c>10[...]</c>, a packet: its first byte, the length of what is inside, and that; <c>{...}</c>, a property block with its length;
/// <c>2&lt;...&gt;</c>, what TLS writes: its length in so many bytes, and that;
/// <c>5000*(...)</c>, repeated; <c>C5</c> and <c>C4</c>, a good CONNECT of MQTT 5 and 3.1.1 with a client identifier of its own,
/// <c>C5=name</c> with that one, <c>C5=name/user/password</c> with these.
/// </summary>
internal sealed class AttackBytes
{
    private readonly string _text;
    private readonly string _clientId;
    private int _at;

    private AttackBytes(string text, string clientId)
    {
        _text = text;
        _clientId = clientId;
    }

    /// <summary>Reads them.</summary>
    /// <param name="text">As in the file.</param>
    /// <param name="clientId">The client identifier where none is given.</param>
    /// <exception cref="FormatException">They are written wrong.</exception>
    public static byte[] Parse(string text, string clientId)
    {
        var reader = new AttackBytes(text, clientId);
        byte[] bytes = reader.Sequence('\0');
        return reader._at == text.Length ? bytes : throw new FormatException($"'{text[reader._at..]}' is too much");
    }

    private byte[] Sequence(char end)
    {
        List<byte> bytes = [];
        while (_at < _text.Length && _text[_at] != end)
        {
            if (_text[_at] == ' ') _at++;
            else bytes.AddRange(Item());
        }

        if (end != '\0' && _at++ >= _text.Length) throw new FormatException($"{end} is missing in '{_text}'");
        return [.. bytes];
    }

    private byte[] Item()
    {
        char letter = _text[_at];
        if (letter is '"' or '\'') return Quoted(letter);
        if (letter == '{') return WithLength([], Inside('}'));
        if (letter == 'C' && _at + 1 < _text.Length && _text[_at + 1] is '4' or '5' && !IsHexAt(_at + 2)) return Connect();
        if (letter is >= '1' and <= '3' && _at + 1 < _text.Length && _text[_at + 1] == '<') return WithLengthOf(letter - '0');
        int star = _at;
        while (star < _text.Length && char.IsAsciiDigit(_text[star])) star++;
        if (star > _at && star + 1 < _text.Length && _text[star] == '*' && _text[star + 1] == '(')
        {
            int count = int.Parse(_text[_at..star], CultureInfo.InvariantCulture);
            _at = star + 1;
            byte[] one = Inside(')');
            return [.. Enumerable.Repeat(one, count).SelectMany(bytes => bytes)];
        }

        if (!IsHexAt(_at) || !IsHexAt(_at + 1)) throw new FormatException($"'{_text[_at..]}' is no byte");
        byte first = Convert.ToByte(_text.Substring(_at, 2), 16);
        _at += 2;
        return _at < _text.Length && _text[_at] == '[' ? WithLength([first], Inside(']')) : [first];
    }

    private byte[] WithLengthOf(int lengthBytes)
    {
        _at++;
        byte[] content = Inside('>');
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. length[^lengthBytes..], .. content];
    }

    private byte[] Inside(char end)
    {
        _at++;
        return Sequence(end);
    }

    private byte[] Quoted(char quote)
    {
        int end = _text.IndexOf(quote, _at + 1);
        if (end < 0) throw new FormatException($"{quote} is missing in '{_text}'");
        byte[] text = Encoding.UTF8.GetBytes(_text[(_at + 1)..end].Replace("\\r", "\r", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\e", "\u001b", StringComparison.Ordinal));
        _at = end + 1;
        return quote == '\'' ? text : Text(text);
    }

    private byte[] Connect()
    {
        bool isV5 = _text[_at + 1] == '5';
        _at += 2;
        string[] who = [_clientId];
        if (_at < _text.Length && _text[_at] == '=')
        {
            int end = _text.IndexOf(' ', _at);
            if (end < 0) end = _text.Length;
            who = _text[(_at + 1)..end].Split('/');
            _at = end;
        }

        byte flags = (byte)(who.Length == 3 ? 0xC2 : 0x02);
        byte[] head = [.. Text("MQTT"u8.ToArray()), (byte)(isV5 ? 5 : 4), flags, 0, 60, .. isV5 ? [(byte)0] : Array.Empty<byte>()];
        return WithLength([0x10], [.. head, .. who.SelectMany(part => Text(Encoding.UTF8.GetBytes(part)))]);
    }

    private bool IsHexAt(int at) => at < _text.Length && char.IsAsciiHexDigit(_text[at]);

    private static byte[] Text(byte[] utf8) => [(byte)(utf8.Length >> 8), (byte)utf8.Length, .. utf8];

    private static byte[] WithLength(byte[] before, byte[] content)
    {
        List<byte> bytes = [.. before];
        int left = content.Length;
        do
        {
            bytes.Add((byte)((left % 128) | (left >= 128 ? 128 : 0)));
            left /= 128;
        }
        while (left > 0);
        return [.. bytes, .. content];
    }
}
