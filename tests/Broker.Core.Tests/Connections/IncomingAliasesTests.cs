using Broker.Core.Connections;
using Broker.Core.Protocol;
using Xunit;

namespace Broker.Core.Tests.Connections;

public sealed class IncomingAliasesTests
{
    [Fact]
    public void The_memory_of_aliases_is_bounded_by_the_longest_topic()
    {
        var aliases = new IncomingAliases(32, topicBytes: 100);
        byte[] topic = new byte[65_535];
        topic.AsSpan().Fill((byte)'a');

        Assert.Equal(topic.Length, aliases.Resolve(topic, 32).Length);

        Assert.Equal(101, aliases.Resolve([], 32).Length); // still too long, and no longer than that shows
    }

    [Fact]
    public void No_alias_holds_memory_before_the_first_is_set()
    {
        long allocated = AllocatedBytes.OfSteadyState(() => _ = new IncomingAliases(65_535, 4_096));

        Assert.InRange(allocated, 0, 200);
    }

    [Theory]
    [InlineData(3, ReasonCode.TopicAliasInvalid)]
    [InlineData(2, ReasonCode.ProtocolError)]
    public void What_is_too_high_or_unknown_is_refused(ushort alias, ReasonCode reason)
    {
        var aliases = new IncomingAliases(2, 100);

        Assert.Equal(reason, Assert.Throws<ProtocolViolationException>(() => { aliases.Resolve([], alias); }).ReasonCode);
    }
}
