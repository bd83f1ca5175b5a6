using Broker.Core.Protocol;
using Broker.Testing.Wire;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class PropertyReaderTests
{
    // Table 2-4, written down once more: which identifiers a client may send where.
    private static readonly Dictionary<PropertyPlace, int[]> _allowed = new()
    {
        [PropertyPlace.Connect] = [17, 21, 22, 23, 25, 33, 34, 38, 39],
        [PropertyPlace.Will] = [1, 2, 3, 8, 9, 24, 38],
        [PropertyPlace.Publish] = [1, 2, 3, 8, 9, 11, 35, 38],
        [PropertyPlace.PubAck] = [31, 38],
        [PropertyPlace.PubRec] = [31, 38],
        [PropertyPlace.PubRel] = [31, 38],
        [PropertyPlace.PubComp] = [31, 38],
        [PropertyPlace.Subscribe] = [11, 38],
        [PropertyPlace.Unsubscribe] = [38],
        [PropertyPlace.Disconnect] = [17, 28, 31, 38],
        [PropertyPlace.Auth] = [21, 22, 31, 38],
    };

    public static TheoryData<PropertyPlace> Places => [.. _allowed.Keys];

    [Theory]
    [MemberData(nameof(Places))]
    public void Each_place_has_its_properties_and_no_other(PropertyPlace place)
    {
        for (int id = 0; id < 256; id++)
        {
            byte[] block = Block(id);

            ReasonCode? refused = RefusalOf(block, place);

            Assert.True((_allowed[place].Contains(id) ? null : ReasonCode.MalformedPacket) == refused, $"property {id}: {refused}");
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Only_user_properties_may_repeat(PropertyPlace place)
    {
        foreach (int id in _allowed[place])
        {
            ReasonCode? refused = RefusalOf([.. Block(id), .. Block(id)], place);

            Assert.Equal(id == (int)PropertyId.UserProperty ? null : ReasonCode.ProtocolError, refused);
        }
    }

    [Fact]
    public void A_cut_off_property_is_malformed()
    {
        foreach ((PropertyPlace place, int[] ids) in _allowed)
        {
            foreach (int id in ids)
            {
                byte[] block = Block(id);
                for (int cut = 1; cut < block.Length; cut++)
                {
                    Assert.Equal(ReasonCode.MalformedPacket, RefusalOf(block[..cut], place));
                }
            }
        }
    }

    [Fact]
    public void Properties_come_in_their_order_with_their_place_in_the_block() => PacketGens.PublishProperties.Sample(properties =>
    {
        byte[] block = properties.ToBlock();
        var reader = new PropertyReader(block);
        List<WireProperty> read = [];
        int end = 0;
        while (reader.TryReadNext(out PropertyId id, out _, out int start, out int length))
        {
            Assert.Equal(end, start);
            end = start + length;
            WireProperty property = Assert.Single(Properties.Parse(block.AsSpan(start, length)));
            Assert.Equal(id, property.Id);
            read.Add(property);
        }

        Assert.Equal(block.Length, end);
        Assert.Equal(properties, read);
    });

    [Fact]
    public void A_user_property_comes_apart_into_name_and_value()
    {
        var reader = new PropertyReader(new Properties().User("name", "värde").ToBlock());
        Assert.True(reader.TryReadNext(out _, out ReadOnlySpan<byte> pair, out _, out _));

        PropertyReader.SplitUserProperty(pair, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);

        Assert.Equal("name"u8, name);
        Assert.Equal("värde"u8, value);
    }

    private static byte[] Block(int id) => id switch
    {
        1 or 23 or 25 or 36 or 37 or 40 or 41 or 42 => [(byte)id, 1],
        19 or 33 or 34 or 35 => [(byte)id, 0, 1],
        2 or 17 or 24 or 39 => [(byte)id, 0, 0, 0, 1],
        11 => [(byte)id, 0x81, 0x01],
        38 => [(byte)id, 0, 1, 0x61, 0, 1, 0x62],
        _ => [(byte)id, 0, 1, 0x61],
    };

    private static ReasonCode? RefusalOf(byte[] block, PropertyPlace place)
    {
        try
        {
            var reader = new PropertyReader(block, place);
            while (reader.TryReadNext(out _, out _, out _, out _))
            {
                // reading is checking
            }

            return null;
        }
        catch (ProtocolViolationException violation)
        {
            return violation.ReasonCode;
        }
    }
}
