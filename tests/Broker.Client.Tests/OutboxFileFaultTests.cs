using Broker.Client.Publishing;
using Broker.Client.Tests.Harness;
using Broker.Host.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests;

/// <summary>The outbound queue's file on a disk that fails.</summary>
public sealed class OutboxFileFaultTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FaultyDisk _disk = new();
    private readonly LogLines _log = new();

    public static TheoryData<string> RewriteFaults => ["Write", "HalfWrite", "Sync", "Replace", "OpenNew"];

    [Theory]
    [InlineData("Write")]
    [InlineData("HalfWrite")]
    public async Task A_message_that_a_full_disk_does_not_take_is_refused_and_the_others_stay(string fault)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            await AddAsync(outbox, "first");

            _disk.Failing = Enum.Parse<FaultyDisk.Fault>(fault);
            BrokerClientException refusal = await Assert.ThrowsAsync<BrokerClientException>(() => AddAsync(outbox, "second"));
            _disk.Failing = FaultyDisk.Fault.None;
            await AddAsync(outbox, "third");

            Assert.Equal(BrokerClientError.Storage, refusal.Error);
            Assert.True(refusal.IsTransient);
            Assert.Equal(2, outbox.Messages);
        }

        Assert.Equal(["first", "third"], Topics(path));
    }

    [Fact]
    public async Task Half_a_record_that_cannot_be_cut_off_hides_nothing_that_is_taken_later()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            await AddAsync(outbox, "first");

            _disk.Failing = FaultyDisk.Fault.HalfWriteThatStays;
            await Assert.ThrowsAsync<BrokerClientException>(() => AddAsync(outbox, "second"));
            _disk.Failing = FaultyDisk.Fault.None;
            await Assert.ThrowsAsync<BrokerClientException>(() => AddAsync(outbox, "too early"));
            _time.Advance(TimeSpan.FromSeconds(1));
            await AddAsync(outbox, "third");
        }

        Assert.Equal(["first", "third"], Topics(path));
        Assert.Contains(_log.Lines, line => line.Contains("cannot be written", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, line => line.Contains("can be written again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_acknowledged_while_the_disk_is_full_is_completed_told_and_not_sent_again_by_the_next_process()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            outbox.Connected(sessionPresent: false, receiveMaximum: 100);
            OutboxEntry first = await outbox.AddAsync(Clients.Text("first", "x"), awaited: true, null, default);
            await AddAsync(outbox, "second");
            Assert.True(outbox.TryTake(out _));

            _disk.Failing = FaultyDisk.Fault.Write;
            outbox.Acknowledged(first.PacketId, completesExactlyOnce: false, 0, null);
            Assert.Equal(PublishResult.Accepted, await first.Completion!.Task.WaitAsync(Eventually.Patience)); // it is awaited
            Assert.Single(_log.Lines, line => line.Contains("cannot be written", StringComparison.Ordinal));
            Assert.Equal(BrokerClientError.Storage, (await Assert.ThrowsAsync<BrokerClientException>(() => AddAsync(outbox, "refused"))).Error);

            _disk.Failing = FaultyDisk.Fault.None;
            _time.Advance(TimeSpan.FromSeconds(1));
            await AddAsync(outbox, "third");
        }

        Assert.Equal(["second", "third"], Topics(path));
    }

    [Fact]
    public async Task A_file_that_fell_behind_catches_up_when_it_is_closed()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            outbox.Connected(sessionPresent: false, receiveMaximum: 100);
            await AddAsync(outbox, "first");
            await AddAsync(outbox, "second");
            Assert.True(outbox.TryTake(out OutboxEntry first));
            _disk.Failing = FaultyDisk.Fault.Write;
            outbox.Acknowledged(first.PacketId, completesExactlyOnce: false, 0, null);
            _disk.Failing = FaultyDisk.Fault.None;
        }

        Assert.Equal(["second"], Topics(path));
    }

    [Theory]
    [MemberData(nameof(RewriteFaults))]
    public async Task A_disk_that_fails_while_the_file_is_shortened_loses_nothing_and_is_told(string fault)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            outbox.Connected(sessionPresent: false, receiveMaximum: 100);
            await AddAsync(outbox, "kept");
            Take(outbox);
            Task<PublishResult> last = await FillAsync(outbox, () => new FileInfo(path).Length > 1_040_000, null);
            await last.WaitAsync(Eventually.Patience);

            _disk.OnlyNew = true;
            last = await FillAsync(outbox, () => _disk.Faults > 0, Enum.Parse<FaultyDisk.Fault>(fault));
            _disk.Failing = FaultyDisk.Fault.None;

            await last.WaitAsync(Eventually.Patience); // whoever waited is told, though the disk failed at that moment
            Assert.NotEmpty(_log.Lines);
            Assert.False(File.Exists(path + ".new"));
            _time.Advance(TimeSpan.FromSeconds(1));
            await AddAsync(outbox, "later");
        }

        Assert.Equal(["kept", "later"], Topics(path));
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_again_after_it_was_shortened_takes_nothing_until_it_can()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            outbox.Connected(sessionPresent: false, receiveMaximum: 100);
            await AddAsync(outbox, "kept");
            Take(outbox);
            _disk.Failing = FaultyDisk.Fault.OpenAgain;
            Task<PublishResult> last = await FillAsync(outbox, () => _disk.Faults > 0, null);
            await last.WaitAsync(Eventually.Patience);

            Assert.Equal(BrokerClientError.Storage, (await Assert.ThrowsAsync<BrokerClientException>(() => AddAsync(outbox, "refused"))).Error);
            _disk.Failing = FaultyDisk.Fault.None;
            _time.Advance(TimeSpan.FromSeconds(1));
            await AddAsync(outbox, "later");
        }

        Assert.Equal(["kept", "later"], Topics(path));
    }

    [Fact]
    public async Task What_a_stopped_rewrite_left_beside_the_file_is_no_obstacle()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "outbox");
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path))) await AddAsync(outbox, "first");
        File.WriteAllText(path + ".new", "half of a file");

        Assert.Equal(["first"], Topics(path));
        using (var outbox = new Outbox(new OutboxOptions(), _time, Open(path)))
        {
            outbox.Connected(sessionPresent: true, receiveMaximum: 100);
            Take(outbox);
            await FillAsync(outbox, () => new FileInfo(path).Length > 1_040_000, null);
            await FillAsync(outbox, () => new FileInfo(path).Length < 10_000, null);
        }

        Assert.Equal(["first"], Topics(path));
    }

    private static Task<OutboxEntry> AddAsync(Outbox outbox, string topic) => outbox.AddAsync(Clients.Text(topic, "x"), awaited: false, null, default).AsTask();

    /// <summary>Publishes and acknowledges until something is so.</summary>
    /// <param name="outbox">The queue.</param>
    /// <param name="enough">Whether it is.</param>
    /// <param name="beforeAcknowledging">What to do before each acknowledgement, and its opposite after it.</param>
    /// <returns>The last publication.</returns>
    private async Task<Task<PublishResult>> FillAsync(Outbox outbox, Func<bool> enough, FaultyDisk.Fault? beforeAcknowledging)
    {
        OutboxEntry entry;
        int tries = 0;
        do
        {
            Assert.InRange(++tries, 1, 10_000);
            entry = await outbox.AddAsync(new OutgoingMessage("t", new byte[1_000]), awaited: true, null, default);
            Take(outbox);
            if (beforeAcknowledging is { } fault) _disk.Failing = fault;
            outbox.Acknowledged(entry.PacketId, completesExactlyOnce: false, 0, null);
            if (beforeAcknowledging is not null) _disk.Failing = FaultyDisk.Fault.None;
        }
        while (!enough());

        return entry.Completion!.Task; // awaited says that there is one
    }

    private static List<OutboxEntry> Take(Outbox outbox)
    {
        List<OutboxEntry> taken = [];
        while (outbox.TryTake(out OutboxEntry entry)) taken.Add(entry);
        return taken;
    }

    private OutboxFile Open(string path) => OutboxFile.Open(path, _disk, _time, _log);

    private IEnumerable<string> Topics(string path)
    {
        using OutboxFile file = Open(path);
        return [.. file.Load().Select(entry => entry.Message.Topic)];
    }
}
