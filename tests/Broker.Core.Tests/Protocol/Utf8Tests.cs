using System.Text;
using Broker.Core.Protocol;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

/// <summary>Which strings are accepted: one rule for every field.</summary>
public sealed class Utf8Tests
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("7F", "a control character")]
    [InlineData("01", "a control character")]
    [InlineData("C280", "a control character of two bytes")]
    [InlineData("EFBFBF", "the non-character U+FFFF")]
    [InlineData("EFBBBF61", "a byte order mark is U+FEFF and stays")]
    [InlineData("F09F9880", "four bytes")]
    [InlineData("F48FBFBF", "the highest code point")]
    [InlineData("ED9FBF", "just below the surrogates")]
    [InlineData("EE8080", "just above the surrogates")]
    public void Well_formed_strings_are_accepted_unchanged(string hex, string because)
    {
        byte[] text = Convert.FromHexString(hex);

        var reader = new PacketReader([0, (byte)text.Length, .. text]);

        Assert.True(reader.ReadUtf8().SequenceEqual(text), because);
        Assert.True(reader.End);
    }

    [Theory]
    [InlineData("00", "U+0000")]
    [InlineData("610062", "U+0000 inside")]
    [InlineData("EDA080", "a high surrogate")]
    [InlineData("EDBFBF", "a low surrogate")]
    [InlineData("EDA081EDB080", "a surrogate pair as two characters")]
    [InlineData("C080", "overlong U+0000")]
    [InlineData("C1BF", "overlong U+007F")]
    [InlineData("E08080", "overlong, three bytes")]
    [InlineData("F0808080", "overlong, four bytes")]
    [InlineData("F4908080", "above U+10FFFF")]
    [InlineData("F880808080", "five bytes")]
    [InlineData("C2", "cut off after one of two bytes")]
    [InlineData("E282", "cut off after two of three bytes")]
    [InlineData("F09F98", "cut off after three of four bytes")]
    [InlineData("80", "a continuation byte alone")]
    [InlineData("FF", "no byte of UTF-8")]
    public void What_is_not_well_formed_is_malformed(string hex, string because)
    {
        byte[] text = Convert.FromHexString(hex);

        ProtocolViolationException violation = Assert.Throws<ProtocolViolationException>(
            () => new PacketReader([0, (byte)text.Length, .. text]).ReadUtf8());

        Assert.True(violation.ReasonCode == ReasonCode.MalformedPacket, because);
    }

    [Fact]
    public void Random_bytes_are_accepted_exactly_when_a_strict_decoder_accepts_them() =>
        Gen.OneOf<byte>(
            0x00, 0x41, 0x7F, 0x80, 0x90, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0xF5).Array[0, 6]
        .Sample(text => Assert.Equal(IsText(text), IsAccepted(text)), iter: 5_000);

    private static bool IsText(byte[] text)
    {
        try
        {
            return !_strict.GetString(text).Contains('\0', StringComparison.Ordinal);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool IsAccepted(byte[] text)
    {
        try
        {
            new PacketReader([0, (byte)text.Length, .. text]).ReadUtf8();
            return true;
        }
        catch (ProtocolViolationException)
        {
            return false;
        }
    }
}
