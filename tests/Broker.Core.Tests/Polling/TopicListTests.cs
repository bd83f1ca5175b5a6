using System.Globalization;
using System.Text;
using Broker.Core.Limits;
using Broker.Core.Polling;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Polling;

public sealed class TopicListTests
{
    [Fact]
    public void A_filter_finds_what_a_subscription_would()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        foreach (string topic in new[] { "a", "a/b", "a/b/c", "/a", "b", "$x/a" }) client.Publish(topic, topic);

        Assert.Equal(["/a", "a", "a/b", "a/b/c", "b"], Names(broker, "#"));
        Assert.Equal(["a", "a/b", "a/b/c"], Names(broker, "a/#"));
        Assert.Equal(["/a", "a/b"], Names(broker, "+/+"));
        Assert.Equal(["a/b"], Names(broker, "a/b"));
        Assert.Equal(["$x/a"], Names(broker, "$x/#"));
        Assert.Equal([], Names(broker, "c"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/#/b")]
    [InlineData("a+")]
    [InlineData("$share/g/a")]
    [InlineData("$changes/a")]
    [InlineData("a/b/c/d")]
    public void What_is_no_filter_is_refused(string filter)
    {
        using var broker = new TestBroker(new BrokerLimits { TopicLevels = 3 });

        Assert.Equal(PollStatus.InvalidFilter, broker.Broker.Polling.List(PollSteps.Caller, filter, null, 10, out TopicPage? page));
        Assert.Null(page);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1")]
    [InlineData("00000000")]
    [InlineData("00000000-")]
    [InlineData("00000000--1")]
    [InlineData("00000000-1-2")]
    [InlineData("00000000-1-2-0-0")]
    [InlineData("00000000-1-2-3-99999999999")]
    [InlineData("0000000g-1")]
    [InlineData("00000000-99999999999999999999")]
    public void What_is_no_cursor_is_refused(string cursor)
    {
        using var broker = new TestBroker();

        Assert.Equal(PollStatus.InvalidCursor, broker.Broker.Polling.List(PollSteps.Caller, "#", cursor, 10, out _));
    }

    [Fact]
    public void A_cursor_leads_to_what_changed_since_and_to_nothing_else()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        foreach (string topic in new[] { "a", "b", "c" }) client.Publish(topic, "1");
        string cursor = All(broker, "#", null, 10, out _);

        Assert.Equal(cursor, All(broker, "#", cursor, 10, out List<string> nothing));
        client.Publish("b", "2");
        client.Publish("a", "1");
        client.Publish("d", "1");
        string later = All(broker, "#", cursor, 10, out List<string> changed);
        All(broker, "#", cursor, 10, out List<string> again);

        Assert.Empty(nothing);
        Assert.Equal(["b=2", "d=1"], changed);
        Assert.Equal(changed, again);
        Assert.NotEqual(cursor, later);
    }

    [Fact]
    public void A_cursor_of_another_run_leads_to_everything()
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("a", "1");

        All(broker, "#", "00000000-999", 10, out List<string> found);
        All(broker, "#", "00000000-999-1000-5-0", 10, out List<string> alsoFound);

        Assert.Equal(["a=1"], found.Where(f => f[0] != '$'));
        Assert.Equal(found, alsoFound);
    }

    [Fact]
    public void A_forged_cursor_does_no_harm()
    {
        using var broker = new TestBroker();
        broker.Connect("c").Publish("a", "1");
        string run = All(broker, "#", null, 10, out _)[..8];

        All(broker, "#", $"{run}-999999", 10, out List<string> nothing);
        All(broker, "#", $"{run}-0-0-2147483647-0", 10, out List<string> beyond);
        All(broker, "#", $"{run}-0-0-1-77", 10, out List<string> everything);

        Assert.Empty(nothing);
        Assert.Empty(beyond);
        Assert.Equal(["a=1"], everything);
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(1_000, 7)]
    [InlineData(1_500, 100)]
    [InlineData(5_000, 1_000)]
    public async Task Pages_have_no_more_than_their_limit_and_together_everything(int topics, int limit)
    {
        using var broker = new TestBroker();
        for (int i = 0; i < topics; i++) await broker.Put($"t/{i}", "1");

        string cursor = All(broker, "t/#", null, limit, out List<string> found);
        All(broker, "t/#", cursor, limit, out List<string> nothing);

        Assert.Equal(topics, found.Count);
        Assert.Equal(topics, found.Distinct().Count());
        Assert.Empty(nothing);
    }

    [Fact]
    public async Task A_page_ends_early_where_values_are_large()
    {
        using var broker = new TestBroker();
        for (int i = 0; i < 10; i++) await broker.Put($"t/{i}", new string('x', 400_000));

        Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, "t/#", null, 1_000, out TopicPage? page));
        using TopicPage first = page!;
        All(broker, "t/#", null, 1_000, out List<string> all);

        Assert.Equal(3, first.Topics.Count);
        Assert.True(first.HasMore);
        Assert.Equal(10, all.Distinct().Count());
    }

    [Fact]
    public void What_the_caller_may_not_receive_and_what_has_expired_is_left_out()
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new Deny(AccessAction.Receive, "a/secret") });
        TestClient client = broker.Connect("c");
        client.Publish("a/secret", "1");
        client.Publish("a/open", "1");
        client.Publish("a/mortal", "1", properties: new Properties().MessageExpiryInterval(1));
        broker.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["a/open"], Names(broker, "a/#"));
    }

    [Fact]
    public void Who_may_not_subscribe_to_a_filter_may_not_list_it()
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new Deny(AccessAction.Subscribe, "a/") });

        Assert.Equal(PollStatus.NotAuthorized, broker.Broker.Polling.List(PollSteps.Caller, "a/#", null, 10, out _));
        Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, "b/#", null, 10, out TopicPage? page));
        page!.Dispose();
    }

    [Theory]
    [InlineData(200, 50)]
    [InlineData(3_000, 400)]
    public async Task Who_follows_the_cursor_ends_up_with_the_last_value_of_every_topic_whatever_changes_meanwhile(int topics, int limit)
    {
        using var broker = new TestBroker();
        var last = new string[topics];
        Task[] publishers = [.. Enumerable.Range(0, 2).Select(publisher => Task.Run(async () =>
        {
            var random = new Random(publisher);
            for (int round = 0; round < 10 * topics; round++)
            {
                int topic = (2 * random.Next(topics / 2)) + publisher; // each has topics of its own, so that the last value is known
                string value = round.ToString(CultureInfo.InvariantCulture);
                await broker.Put($"t/{topic}", value);
                last[topic] = value;
            }
        }))];

        var seen = new Dictionary<string, string>();
        string? cursor = null;
        for (bool isLast = false; ;)
        {
            Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, "t/#", cursor, limit, out TopicPage? found));
            using TopicPage page = found!;
            cursor = page.Cursor;
            foreach (TopicValue value in page.Topics) seen[Encoding.UTF8.GetString(value.Topic)] = Encoding.UTF8.GetString(value.Payload);
            if (page.HasMore) continue; // what changed since this pass began comes with the next one
            if (isLast) break;
            isLast = publishers.All(publisher => publisher.IsCompleted);
        }

        await Task.WhenAll(publishers);
        for (int i = 0; i < topics; i++)
        {
            if (last[i] is not null) Assert.Equal(last[i], seen[$"t/{i}"]);
        }
    }

    [Fact]
    public void A_cursor_tells_of_removed_values_unless_there_is_one_again()
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        foreach (string topic in new[] { "a", "b", "c", "other" }) client.Publish(topic, "1", retain: true);
        string cursor = All(broker, "+", null, 10, out _);

        foreach (string topic in new[] { "a", "b", "never" }) client.Publish(topic, "", retain: true);
        client.Publish("b", "2");
        client.Publish("c", "");

        using TopicPage page = Page(broker, "+", cursor, 10);
        Assert.Equal(["a", "never"], page.Removed.Select(r => Encoding.UTF8.GetString(r.Topic.Span)));
        Assert.Equal(["b=2", "c="], page.Topics.Select(Line));
        Assert.False(page.IsFull);
        using TopicPage next = Page(broker, "+", page.Cursor, 10);
        Assert.Empty(next.Removed);
        using TopicPage elsewhere = Page(broker, "x/#", cursor, 10);
        Assert.Empty(elsewhere.Removed);
    }

    [Fact]
    public void Removals_that_the_caller_may_not_receive_are_left_out()
    {
        using var broker = new TestBroker(configure: parts => parts with { Authorizer = new Deny(AccessAction.Receive, "a/secret") });
        TestClient client = broker.Connect("c");
        foreach (string topic in new[] { "a/secret", "a/open" }) client.Publish(topic, "1", retain: true);
        string cursor = All(broker, "a/#", null, 10, out _);
        foreach (string topic in new[] { "a/secret", "a/open" }) client.Publish(topic, "", retain: true);

        using TopicPage page = Page(broker, "a/#", cursor, 10);

        Assert.Equal(["a/open"], page.Removed.Select(r => Encoding.UTF8.GetString(r.Topic.Span)));
    }

    [Theory]
    [InlineData(1_023, false)]
    [InlineData(1_024, false)]
    [InlineData(1_025, true)]
    public void Who_is_more_removals_behind_than_are_known_gets_everything(int removals, bool isFull)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        client.Publish("t/kept", "1");
        string cursor = All(broker, "t/#", null, 10, out _);
        for (int i = 0; i < removals; i++)
        {
            client.Publish($"t/{i}", "1", retain: true);
            client.Publish($"t/{i}", "", retain: true);
        }

        using TopicPage page = Page(broker, "t/#", cursor, 10);

        Assert.Equal(isFull, page.IsFull);
        Assert.Equal(isFull ? 0 : removals, page.Removed.Count);
        Assert.Equal(isFull ? ["t/kept=1"] : [], page.Topics.Select(Line));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3_000)]
    public void A_mirror_that_follows_the_cursor_has_what_there_is_whatever_is_removed_meanwhile(int topics)
    {
        using var broker = new TestBroker();
        TestClient client = broker.Connect("c");
        var random = new Random(1);
        var mirror = new Dictionary<string, string>();
        var listed = new HashSet<string>();
        var expected = new Dictionary<string, string>();
        string? cursor = null;
        bool wasFull = false;
        for (int round = 0; round < 200 || expected.Count == 0; round++)
        {
            for (int i = 0; i < random.Next(2 * topics / 10); i++)
            {
                string topic = $"t/{random.Next(topics)}";
                string value = random.Next(3) == 0 ? "" : $"{round}";
                client.Publish(topic, value, retain: true);
                if (value.Length > 0) expected[topic] = value;
                else expected.Remove(topic);
            }

            cursor = Follow(cursor);
        }

        for (bool hasMore = true; hasMore;)
        {
            using TopicPage last = Page(broker, "t/#", cursor, 50);
            hasMore = last.HasMore;
            cursor = Apply(last);
        }

        Assert.Equal(expected.OrderBy(e => e.Key), mirror.OrderBy(m => m.Key));

        string Follow(string? from)
        {
            using TopicPage page = Page(broker, "t/#", from, 50);
            return Apply(page);
        }

        string Apply(TopicPage page)
        {
            if (page.IsFull && !wasFull) listed.Clear();
            wasFull = page.IsFull && page.HasMore;
            foreach (TopicValue value in page.Topics)
            {
                string topic = Encoding.UTF8.GetString(value.Topic);
                mirror[topic] = Encoding.UTF8.GetString(value.Payload);
                listed.Add(topic);
            }

            foreach (TopicRemoval removal in page.Removed) mirror.Remove(Encoding.UTF8.GetString(removal.Topic.Span));
            if (!page.IsFull || page.HasMore) return page.Cursor;
            foreach (string topic in mirror.Keys.Except(listed).ToList()) mirror.Remove(topic);
            return page.Cursor;
        }
    }

    private static TopicPage Page(TestBroker broker, string filter, string? since, int limit)
    {
        Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, filter, since, limit, out TopicPage? page));
        return page!;
    }

    private static string Line(TopicValue value) => $"{Encoding.UTF8.GetString(value.Topic)}={Encoding.UTF8.GetString(value.Payload)}";

    private static List<string> Names(TestBroker broker, string filter)
    {
        All(broker, filter, null, 1_000, out List<string> found);
        return [.. found.Select(f => f.Split('=')[0]).Order(StringComparer.Ordinal)];
    }

    /// <summary>Goes from page to page to the end, and says where that is.</summary>
    private static string All(TestBroker broker, string filter, string? since, int limit, out List<string> found)
    {
        found = [];
        for (int pages = 0; pages < 10_000; pages++)
        {
            Assert.Equal(PollStatus.Ok, broker.Broker.Polling.List(PollSteps.Caller, filter, since, limit, out TopicPage? next));
            using TopicPage page = next!;
            Assert.InRange(page.Topics.Count, 0, limit);
            found.AddRange(page.Topics.Select(t => $"{Encoding.UTF8.GetString(t.Topic)}={(t.Payload.Length < 10 ? Encoding.UTF8.GetString(t.Payload) : "")}"));
            since = page.Cursor;
            if (!page.HasMore) return since;
        }

        throw new InvalidOperationException("It does not end");
    }
}
