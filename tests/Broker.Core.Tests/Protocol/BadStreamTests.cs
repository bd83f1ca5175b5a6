using Broker.Core.Protocol;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class BadStreamTests
{
    private const int MaxPacketBytes = 65_536;

    private static readonly Dictionary<string, BadStream> _streams = BadStreams.All.ToDictionary(stream => stream.Name);

    public static TheoryData<string> Names => [.. _streams.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_stream_is_refused_with_its_reason_code(string name)
    {
        BadStream stream = _streams[name];

        ProtocolViolationException violation =
            Assert.Throws<ProtocolViolationException>(() => CodecDriver.ReadAll(stream.Bytes, MaxPacketBytes));

        Assert.Equal(stream.Expected, violation.ReasonCode);
        Assert.InRange(violation.Message.Length, 10, 200);
        Assert.All(violation.Message, c => Assert.InRange(c, ' ', '~'));
    }

    [Theory]
    [InlineData(BadStream.Connect5)]
    [InlineData(BadStream.Connect311)]
    [InlineData(BadStream.Connect31)]
    public void The_connects_that_bad_streams_begin_with_are_good(string hex) =>
        Assert.Equal(1, CodecDriver.ReadAll(BadStream.Hex("", hex).Bytes, MaxPacketBytes));
}
