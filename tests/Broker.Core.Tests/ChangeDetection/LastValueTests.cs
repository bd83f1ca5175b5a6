using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Xunit;

namespace Broker.Core.Tests.ChangeDetection;

public sealed class LastValueTests
{
    private static readonly PublisherIdentity _alice = new("device", Principal.Anonymous);
    private static readonly byte[] _property = [38, 0, 1, (byte)'k', 0, 1, (byte)'v'];

    private readonly MessagePool _pool = new();
    private readonly LastValues _values;

    public LastValueTests() => _values = new LastValues(new LimitsInForce(new BrokerLimits()), new ChangeRules([]), _pool, 1, 2);

    public static TheoryData<int, bool, bool, bool> Shapes()
    {
        var shapes = new TheoryData<int, bool, bool, bool>();
        foreach (int payload in (int[])[0, 1, 400, TopicState.LargestCopy - 10, TopicState.LargestCopy, 5_000])
        {
            for (int i = 0; i < 8; i++) shapes.Add(payload, (i & 1) != 0, (i & 2) != 0, (i & 4) != 0);
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_value_comes_back_as_it_was_published(int payload, bool expires, bool hasProperties, bool isRetained)
    {
        foreach (int before in (int[])[-1, 3, 450, 5_000])
        {
            string topic = $"a/{before}";
            if (before >= 0) Note(topic, before, expires: !expires, hasProperties: !hasProperties, isRetained: false, fill: 1);
            Note(topic, payload, expires, hasProperties, isRetained, fill: 2);

            Message value = _values.TakeValue(_values.Find(Encoding.UTF8.GetBytes(topic))!)!;
            Assert.Equal(topic, Encoding.UTF8.GetString(value.Topic));
            Assert.Equal(Enumerable.Repeat((byte)2, payload), value.Payload.ToArray());
            Assert.Equal(hasProperties ? _property : [], value.Properties.ToArray());
            Assert.Equal(expires ? 7_000 : long.MaxValue, value.ExpiresAt);
            Assert.Equal(QualityOfService.AtLeastOnce, value.Qos);
            Assert.Same(_alice, value.Publisher);
            value.Release();
        }

        _values.Clear();
        Assert.Equal((0, 0L, 0L), (_values.Count, _values.Bytes, _pool.Live));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_same_value_with_another_expiry_is_renewed_and_otherwise_unchanged(bool isLarge)
    {
        int payload = isLarge ? 5_000 : 5;
        Assert.Equal(NoteOutcome.First, Note("t", payload, expires: false));
        Assert.Equal(NoteOutcome.Unchanged, Note("t", payload, expires: false));
        Assert.Equal(NoteOutcome.Renewed, Note("t", payload, expires: true));
        Assert.Equal(NoteOutcome.Unchanged, Note("t", payload, expires: true));
        Assert.Equal(NoteOutcome.Renewed, Note("t", payload, expires: true, hasProperties: true));
        Assert.Equal(NoteOutcome.Changed, Note("t", payload, expires: true, hasProperties: true, fill: 9));
        Assert.Equal(2, _values.Find("t"u8)!.Version);
    }

    [Fact]
    public void A_shorter_value_lies_where_the_longer_one_lay_and_counts_as_that()
    {
        Note("t", 300, expires: false);
        long bytes = _values.Bytes;
        Note("t", 3, expires: false);
        Assert.Equal(bytes, _values.Bytes);
        Note("t", 301, expires: false);
        Assert.Equal(bytes + 1, _values.Bytes);
    }

    [Fact]
    public void The_value_before_is_told_to_who_delivers_changes()
    {
        Note("t", 3, expires: false, fill: 1);
        Message message = Create("t", 4, expires: false, hasProperties: false, isRetained: false, fill: 2);
        TopicState state = _values.FindOrAdd(message);
        Assert.Equal(NoteOutcome.Changed, _values.NoteDelivering(ref state, message, 0, now: 50, out PreviousValue previous));
        SentValue same = SentValue.Of([1, 1, 1], ChangeCriteria.Exact, 50, _values.DigestKey);
        Assert.Equal(ChangeVerdict.Unchanged, previous.Value.Decide(same, ChangeCriteria.Exact, 50));
        Assert.Equal(QualityOfService.AtLeastOnce, previous.Qos);
        Assert.Equal(NoteOutcome.Unchanged, _values.NoteDelivering(ref state, message, 0, now: 50, out previous));
        Assert.False(previous.Value.IsKnown);
        message.Release();
    }

    private NoteOutcome Note(string topic, int payload, bool expires, bool hasProperties = false, bool isRetained = false, byte fill = 0)
    {
        Message message = Create(topic, payload, expires, hasProperties, isRetained, fill);
        TopicState state = _values.FindOrAdd(message);
        NoteOutcome outcome = _values.Note(ref state, message, 0);
        message.Release();
        return outcome;
    }

    private Message Create(string topic, int payload, bool expires, bool hasProperties, bool isRetained, byte fill)
    {
        byte[] properties = hasProperties ? _property : [];
        var publication = new Publication
        {
            Topic = Encoding.UTF8.GetBytes(topic),
            Payload = Enumerable.Repeat(fill, payload).ToArray(),
            Properties = new ForwardedProperties(properties, properties.Length),
            Qos = QualityOfService.AtLeastOnce,
            Retain = isRetained,
            MessageExpiryInterval = expires ? 7 : null,
            Publisher = _alice,
        };
        return _pool.Create(publication, 0);
    }
}
