using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Polling;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Polling;

public sealed class TopicReadTests
{
    [Fact]
    public void A_topic_has_the_value_that_was_published_last_and_what_is_known_of_it()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        DateTimeOffset first = broker.Time.GetUtcNow();
        client.Publish("t", "1");
        broker.Advance(TimeSpan.FromSeconds(10));
        client.Publish("t", "2", properties: new Properties().ContentType("text/plain"));
        broker.Advance(TimeSpan.FromSeconds(10));
        client.Publish("t", "2", properties: new Properties().ContentType("text/plain"));

        PollResult result = broker.Read("t");

        Assert.Equal(PollStatus.Ok, result.Status);
        using TopicValue value = result.Value!;
        Assert.Equal("t", Encoding.UTF8.GetString(value.Topic));
        Assert.Equal("2", Encoding.UTF8.GetString(value.Payload));
        Assert.Equal("text/plain", value.ContentType);
        Assert.Equal(2, value.Version);
        Assert.Equal(first.AddSeconds(10), value.LastModified);
        Assert.Equal(first.AddSeconds(20), value.LastSeen);
    }

    [Fact]
    public void The_tag_tells_values_and_content_types_apart_and_nothing_else()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        ValueTag Tag(string payload, Properties? properties = null)
        {
            client.Publish("t", payload, properties: properties);
            return broker.TagOf("t");
        }

        ValueTag a = Tag("a");
        ValueTag b = Tag("b");
        ValueTag empty = Tag("");
        ValueTag typed = Tag("a", new Properties().ContentType("text/plain"));

        Assert.Equal(4, new[] { a, b, empty, typed }.Distinct().Count());
        Assert.Equal(a, Tag("a"));
        Assert.Equal(a, Tag("a", new Properties().User("seen", "1")));
        Assert.Equal(typed, Tag("a", new Properties().User("seen", "2").ContentType("text/plain")));
        Assert.True(ValueTag.TryParse(a.ToString(), out ValueTag parsed));
        Assert.Equal(a, parsed);
    }

    [Fact]
    public void Nobody_else_makes_the_same_tags()
    {
        using var one = new TestBroker();
        using var other = new TestBroker(configure: parts => parts with { Random = new Random(2) });
        one.Connect("c").Publish("t", "a");
        other.Connect("c").Publish("t", "a");

        Assert.NotEqual(one.TagOf("t"), other.TagOf("t"));
    }

    [Fact]
    public async Task What_the_caller_has_is_not_modified()
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("t", "a");
        ValueTag tag = broker.TagOf("t");

        PollResult same = broker.Read("t", new ValueTag(1, 2), tag);
        PollResult other = broker.Read("t", new ValueTag(1, 2));
        PollResult any = await broker.Poll("t", TimeSpan.Zero, KnownTags.None with { IsAny = true });

        Assert.Equal(PollStatus.NotModified, same.Status);
        Assert.Equal(1, same.Value!.Version);
        Assert.Equal("a", other.Text());
        Assert.Equal(PollStatus.NotModified, any.Status);
        same.Value.Dispose();
        any.Value!.Dispose();
    }

    [Fact]
    public void There_is_no_value_before_the_first_after_removal_and_after_its_expiry()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");

        PollStatus before = broker.Read("t").Status;
        client.Publish("t", "1", retain: true);
        string text = broker.Read("t").Text();
        client.Publish("t", "", retain: true);
        PollStatus removed = broker.Read("t").Status;
        client.Publish("t", "2", properties: new Properties().MessageExpiryInterval(5));
        string mortal = broker.Read("t").Text();
        broker.Advance(TimeSpan.FromSeconds(6));
        PollStatus expired = broker.Read("t").Status;

        Assert.Equal((PollStatus.Unknown, "1", PollStatus.Unknown, "2", PollStatus.Unknown), (before, text, removed, mortal, expired));
    }

    [Fact]
    public void An_empty_payload_that_is_not_retained_is_a_value()
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("t", "");

        Assert.Equal("", broker.Read("t").Text());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/+")]
    [InlineData("#")]
    [InlineData("a/b/c/d")]
    [InlineData("much too long a topic")]
    public void What_is_no_topic_name_is_refused(string topic)
    {
        using var broker = new TestBroker(new BrokerLimits { TopicLevels = 3, TopicBytes = 12 });

        Assert.Equal(PollStatus.InvalidTopic, broker.Read(topic).Status);
    }

    [Theory]
    [InlineData(AccessAction.Subscribe)]
    [InlineData(AccessAction.Receive)]
    public void Who_may_not_subscribe_or_receive_may_not_poll(AccessAction denied)
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new Deny(denied, "secret/") });
        TestClient client = broker.Connect("c");
        client.Publish("secret/t", "1");
        client.Publish("t", "2");

        Assert.Equal(PollStatus.NotAuthorized, broker.Read("secret/t").Status);
        Assert.Equal("2", broker.Read("t").Text());
    }

    [Fact]
    public void A_lease_that_is_disposed_keeps_nothing()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t", "1");
        long live = broker.Broker.Context.Messages.Live;
        TopicValue value = broker.Read("t").Value!;
        client.Publish("t", "2");

        Assert.Equal("1", Encoding.UTF8.GetString(value.Payload));
        Assert.Equal(live + 1, broker.Broker.Context.Messages.Live);
        value.Dispose();
        value.Dispose();

        Assert.Equal(live, broker.Broker.Context.Messages.Live);
        Assert.Throws<ObjectDisposedException>(() => value.Payload.Length);
    }
}
