using Broker.Client.Publishing;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests;

/// <summary>The outbound queue's file: what survives the process.</summary>
public sealed class OutboxFileTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();

    [Fact]
    public async Task The_file_keeps_messages_their_order_their_identifiers_and_how_far_they_were()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        List<(long Sequence, string Topic)> expected = [];
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            outbox.Connected(sessionPresent: false, receiveMaximum: 100);
            for (int i = 0; i < 5; i++) await outbox.AddAsync(Clients.Text("t" + i, "x", QualityOfService.ExactlyOnce), awaited: false, null, default);
            await outbox.AddAsync(Clients.Text("never kept", "x", QualityOfService.AtMostOnce), awaited: false, null, default);
            List<OutboxEntry> sent = Take(outbox);
            outbox.Received(sent[0].PacketId, 0);
            outbox.Acknowledged(sent[0].PacketId, completesExactlyOnce: true, 0, null);
            outbox.Received(sent[1].PacketId, 0);
            expected.AddRange(sent.Skip(1).Take(4).Select(entry => (entry.Sequence, entry.Message.Topic)));
        }

        using var next = new Outbox(new OutboxOptions(), _time, Open(path));
        next.Connected(sessionPresent: true, receiveMaximum: 100);
        List<OutboxEntry> again = Take(next);

        Assert.Equal(expected, again.Select(entry => (entry.Sequence, entry.Message.Topic)));
        Assert.Equal([OutboxEntryState.Received, OutboxEntryState.Sent, OutboxEntryState.Sent, OutboxEntryState.Sent], again.Select(entry => entry.State));
        Assert.All(again, entry => Assert.True(entry.Duplicate));
    }

    [Fact]
    public async Task The_file_keeps_everything_that_belongs_to_a_message()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "sub", "outbox");
        var message = new OutgoingMessage("ü/t", new byte[] { 1, 2, 3 })
        {
            Options = new PublishOptions
            {
                Qos = QualityOfService.AtLeastOnce,
                Retain = true,
                Expiry = TimeSpan.FromMinutes(1),
                ContentType = "c",
                ResponseTopic = "r",
                CorrelationData = new byte[] { 9 },
                UserProperties = [new("k", "v")],
            },
        };
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path))) await outbox.AddAsync(message, awaited: false, null, default);

        using OutboxFile file = Open(path);
        OutboxEntry entry = Assert.Single(file.Load());

        Assert.Equal(message.Topic, entry.Message.Topic);
        Assert.Equal(message.Payload.ToArray(), entry.Message.Payload.ToArray());
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000, entry.ExpiresAt!.Value.ToUnixTimeMilliseconds());
        PublishOptions options = entry.Message.Options;
        Assert.Equal((QualityOfService.AtLeastOnce, true, "c", "r"), (options.Qos, options.Retain, options.ContentType, options.ResponseTopic));
        Assert.Equal([9], options.CorrelationData.ToArray());
        Assert.Equal([new("k", "v")], options.UserProperties);
    }

    [Fact]
    public async Task A_file_that_was_torn_at_any_byte_gives_a_prefix_of_its_messages()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            for (int i = 0; i < 3; i++) await outbox.AddAsync(Clients.Text("t" + i, "payload"), awaited: false, null, default);
        }

        byte[] whole = File.ReadAllBytes(path);
        int last = 0;
        for (int length = 8; length <= whole.Length; length++)
        {
            string torn = folder.Write("torn" + length, whole[..length]);
            using OutboxFile file = Open(torn);
            int count = file.Load().Count;
            Assert.InRange(count, last, 3);
            last = count;
        }

        Assert.Equal(3, last);
    }

    [Fact]
    public async Task The_file_does_not_grow_with_what_is_done()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using var outbox = new Outbox(new OutboxOptions(), _time, Open(path));
        outbox.Connected(sessionPresent: false, receiveMaximum: 100);
        await outbox.AddAsync(Clients.Text("kept", "first"), awaited: false, null, default);
        Take(outbox);

        for (int i = 0; i < 5_000; i++)
        {
            await outbox.AddAsync(new OutgoingMessage("t", new byte[1_000]), awaited: false, null, default);
            outbox.Acknowledged(Take(outbox)[0].PacketId, completesExactlyOnce: false, 0, null);
        }

        Assert.InRange(new FileInfo(path).Length, 1, 2_200_000);
        outbox.Dispose();
        using OutboxFile file = Open(path);
        Assert.Equal("kept", Assert.Single(file.Load()).Message.Topic);
    }

    [Fact]
    public void A_file_that_is_something_else_or_in_use_is_refused()
    {
        using var folder = new TempFolder();
        string other = folder.Write("other", "something else entirely");
        string path = Path.Combine(folder.Path, "outbox");
        using OutboxFile first = Open(path);

        Assert.Equal(BrokerClientError.Storage, Assert.Throws<BrokerClientException>(() => Open(other)).Error);
        Assert.Equal(BrokerClientError.Storage, Assert.Throws<BrokerClientException>(() => Open(path)).Error);
        Assert.Equal("something else entirely", File.ReadAllText(other));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(2)]
    public async Task Damage_in_the_middle_costs_no_other_message_where_its_end_is_known_and_is_told_and_put_aside(int damagedByte)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        long second;
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            await AddAsync(outbox, "first");
            second = new FileInfo(path).Length;
            await AddAsync(outbox, "second");
            await AddAsync(outbox, "third");
        }

        byte[] bytes = File.ReadAllBytes(path);
        bytes[second + damagedByte] ^= 0xFF; // in the record's kind, or in its length
        File.WriteAllBytes(path, bytes);

        string[] expected = damagedByte == 9 ? ["first", "third"] : ["first"];
        Assert.Equal(expected, Topics(path));
        Assert.Contains(_log.Lines, line => line.Contains("is damaged", StringComparison.Ordinal));
        Assert.Equal(bytes, File.ReadAllBytes(path + ".damaged"));
        int told = _log.Lines.Count;
        Assert.Equal(expected, Topics(path));
        Assert.Equal(told, _log.Lines.Count); // the file is sound again
    }

    private static Task<OutboxEntry> AddAsync(Outbox outbox, string topic) => outbox.AddAsync(Clients.Text(topic, "x"), awaited: false, null, default).AsTask();

    private static List<OutboxEntry> Take(Outbox outbox)
    {
        List<OutboxEntry> taken = [];
        while (outbox.TryTake(out OutboxEntry entry)) taken.Add(entry);
        return taken;
    }

    private OutboxFile Open(string path) => OutboxFile.Open(path, OutboxDisk.Instance, _time, _log);

    private IEnumerable<string> Topics(string path)
    {
        using OutboxFile file = Open(path);
        return [.. file.Load().Select(entry => entry.Message.Topic)];
    }
}
