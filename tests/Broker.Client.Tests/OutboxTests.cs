using Broker.Client.Publishing;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests;

/// <summary>The outbound queue alone.</summary>
public sealed class OutboxTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task The_window_bounds_what_is_sent_and_an_acknowledgement_opens_it()
    {
        using var outbox = new Outbox(new OutboxOptions { MaxInflight = 2 }, _time, null);
        outbox.Connected(sessionPresent: false, receiveMaximum: 100);
        for (int i = 0; i < 3; i++) await outbox.AddAsync(Clients.Text("t", "x"), awaited: false, null, default);

        List<OutboxEntry> sent = Take(outbox);
        outbox.Acknowledged(sent[0].PacketId, completesExactlyOnce: false, 0, null);

        Assert.Equal(2, sent.Count);
        Assert.Single(Take(outbox));
        Assert.Equal(2, outbox.Messages);
    }

    [Fact]
    public async Task The_brokers_receive_maximum_bounds_it_too()
    {
        using var outbox = new Outbox(new OutboxOptions(), _time, null);
        outbox.Connected(sessionPresent: false, receiveMaximum: 1);
        for (int i = 0; i < 3; i++) await outbox.AddAsync(Clients.Text("t", "x"), awaited: false, null, default);

        Assert.Single(Take(outbox));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_in_flight_is_sent_again_in_order_with_its_identifier(bool sessionPresent)
    {
        using var outbox = new Outbox(new OutboxOptions(), _time, null);
        outbox.Connected(sessionPresent: false, receiveMaximum: 100);
        for (int i = 0; i < 4; i++) await outbox.AddAsync(Clients.Text("t", "x", QualityOfService.ExactlyOnce), awaited: false, null, default);
        List<OutboxEntry> first = Take(outbox);
        foreach (OutboxEntry entry in first) entry.Duplicate = true; // as the sender does
        outbox.Received(first[1].PacketId, 0);

        outbox.Connected(sessionPresent, receiveMaximum: 100);
        List<OutboxEntry> again = Take(outbox);

        if (sessionPresent)
        {
            Assert.Equal(first, again);
            Assert.Equal(OutboxEntryState.Received, again[1].State);
            Assert.All(again, entry => Assert.True(entry.Duplicate));
        }
        else
        {
            Assert.Equal([first[0], first[2], first[3]], again); // PUBREC had said that the broker has the second
            Assert.All(again, entry => Assert.False(entry.Duplicate));
        }
    }

    [Fact]
    public async Task Publishing_waits_for_room_and_gets_it_in_turn()
    {
        using var outbox = new Outbox(new OutboxOptions { MaxMessages = 1 }, _time, null);
        outbox.Connected(sessionPresent: false, receiveMaximum: 100);
        await outbox.AddAsync(Clients.Text("t", "1"), awaited: false, null, default);
        Task<OutboxEntry> second = outbox.AddAsync(Clients.Text("t", "2"), awaited: false, null, default).AsTask();
        using var cancel = new CancellationTokenSource();
        Task<OutboxEntry> third = outbox.AddAsync(Clients.Text("t", "3"), awaited: false, null, cancel.Token).AsTask();
        Task<OutboxEntry> fourth = outbox.AddAsync(Clients.Text("t", "4"), awaited: false, null, default).AsTask();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.False(second.IsCompleted);
        outbox.Acknowledged(Take(outbox)[0].PacketId, completesExactlyOnce: false, 0, null);
        await second.WaitAsync(Eventually.Patience);
        Assert.False(fourth.IsCompleted);
        outbox.Acknowledged(Take(outbox)[0].PacketId, completesExactlyOnce: false, 0, null);
        await fourth.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task A_full_queue_refuses_or_drops_the_oldest_where_it_is_told_to()
    {
        using var refusing = new Outbox(new OutboxOptions { MaxMessages = 1, WhenFull = OutboxOverflow.Refuse }, _time, null);
        await refusing.AddAsync(Clients.Text("t", "1"), awaited: false, null, default);
        using var dropping = new Outbox(new OutboxOptions { MaxMessages = 1, WhenFull = OutboxOverflow.DropOldest }, _time, null);
        OutboxEntry oldest = await dropping.AddAsync(Clients.Text("t", "1"), awaited: true, null, default);

        BrokerClientException refused = await Assert.ThrowsAsync<BrokerClientException>(async () => await refusing.AddAsync(Clients.Text("t", "2"), awaited: false, null, default));
        await dropping.AddAsync(Clients.Text("t", "2"), awaited: false, null, default);
        BrokerClientException dropped = await Assert.ThrowsAsync<BrokerClientException>(() => oldest.Completion!.Task);

        Assert.Equal(BrokerClientError.QueueFull, refused.Error);
        Assert.Equal(BrokerClientError.QueueFull, dropped.Error);
        Assert.Equal(1, dropping.Messages);
    }

    [Theory]
    [InlineData(2_000, 1_870, true)]
    [InlineData(2_000, 1_875, false)]
    public async Task A_message_larger_than_the_queue_is_refused(long maxBytes, int payload, bool fits)
    {
        using var outbox = new Outbox(new OutboxOptions { MaxBytes = maxBytes }, _time, null);
        var message = new OutgoingMessage("t", new byte[payload]);

        if (fits) await outbox.AddAsync(message, awaited: false, null, default);
        else Assert.Equal(BrokerClientError.TooLarge, (await Assert.ThrowsAsync<BrokerClientException>(async () => await outbox.AddAsync(message, awaited: false, null, default))).Error);
    }

    [Fact]
    public async Task What_expires_before_it_is_sent_is_told_so()
    {
        using var outbox = new Outbox(new OutboxOptions(), _time, null);
        var message = new OutgoingMessage("t", default) { Options = new PublishOptions { Expiry = TimeSpan.FromSeconds(5) } };
        OutboxEntry entry = await outbox.AddAsync(message, awaited: true, null, default);

        _time.Advance(TimeSpan.FromSeconds(5));
        outbox.Connected(sessionPresent: false, receiveMaximum: 100);

        Assert.Empty(Take(outbox));
        Assert.Equal(BrokerClientError.Expired, (await Assert.ThrowsAsync<BrokerClientException>(() => entry.Completion!.Task)).Error);
    }

    [Fact]
    public async Task A_refusal_reaches_its_publisher_with_the_reason()
    {
        using var outbox = new Outbox(new OutboxOptions(), _time, null);
        outbox.Connected(sessionPresent: false, receiveMaximum: 100);
        OutboxEntry entry = await outbox.AddAsync(Clients.Text("t", "x"), awaited: true, null, default);
        Take(outbox);

        outbox.Acknowledged(entry.PacketId, completesExactlyOnce: false, 0x87, "no");

        BrokerClientException fault = await Assert.ThrowsAsync<BrokerClientException>(() => entry.Completion!.Task);
        Assert.Equal((BrokerClientError.PublishRefused, (byte?)0x87, false), (fault.Error, fault.ReasonCode, fault.IsTransient));
        Assert.Equal(0, outbox.Messages);
    }

    private static List<OutboxEntry> Take(Outbox outbox)
    {
        List<OutboxEntry> taken = [];
        while (outbox.TryTake(out OutboxEntry entry)) taken.Add(entry);
        return taken;
    }
}
