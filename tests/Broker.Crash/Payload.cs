using System.Globalization;
using System.Text;

namespace Broker.Crash;

/// <summary>What a publication carries: who sent it, the how-manieth it is, and a checksum.</summary>
internal static class Payload
{
    public static string Of(int publisher, long number)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{publisher}:{number}:{new string('x', 100)}");
        return string.Create(CultureInfo.InvariantCulture, $"{text}:{Sum(text)}");
    }

    public static bool TryRead(byte[] payload, out int publisher, out long number)
    {
        string text = Encoding.UTF8.GetString(payload);
        string[] parts = text.Split(':');
        publisher = 0;
        number = 0;
        if (parts.Length != 4 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out publisher)) return false;
        if (!long.TryParse(parts[1], CultureInfo.InvariantCulture, out number)) return false;
        return parts[3] == Sum(text[..text.LastIndexOf(':')]).ToString(CultureInfo.InvariantCulture);
    }

    private static uint Sum(string text)
    {
        uint sum = 2_166_136_261;
        foreach (char letter in text) sum = (sum ^ letter) * 16_777_619;
        return sum;
    }
}
