using System.Globalization;
using System.Text;
using System.Text.Json;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Audit;
using Broker.Host.Configuration;
using Broker.Host.Tests.Harness;
using Broker.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests.Audit;

/// <summary>One event is one line, whatever clients put into it; what comes too fast is counted.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly ConnectionInfo _connection = new("Mqtt", TransportKind.Tcp, null);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Events_are_written_in_order_with_who_where_and_why()
    {
        AuditLog log = Open();

        log.Connected(Subject("alice"), tookOver: false);
        log.Connected(Subject("alice"), tookOver: true);
        log.Refused(_connection, "c", ReasonCode.BadUserNameOrPassword, "no");
        log.Closed(_connection, "c", ReasonCode.PacketTooLarge, "too large");
        log.LimitReached("Limits:Connections", null);
        log.Configured("SIGHUP: access rules", isRefused: false);
        await log.StopAsync();

        JsonElement[] lines = Lines();
        Assert.Equal(["connect", "connect", "refuse", "close", "limit", "configuration"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal([1, 2, 3, 4, 5, 6], lines.Select(line => line.GetProperty("seq").GetInt32()));
        Assert.Equal(("password:alice", "client", "Mqtt", "2026-01-02T03:04:05.000Z"), (Text(lines[0], "principal"), Text(lines[0], "client"), Text(lines[0], "listener"), Text(lines[0], "time")));
        Assert.Equal(("BadUserNameOrPassword", "no"), (Text(lines[2], "code"), Text(lines[2], "detail")));
    }

    [Theory]
    [InlineData("a\r\n{\"event\":\"forged\"}")]
    [InlineData("\u0001\u001b[31m\u2028")]
    [InlineData("\"\\")]
    public async Task What_a_client_sent_cannot_end_the_line(string clientId)
    {
        AuditLog log = Open();

        log.Refused(_connection, clientId, ReasonCode.NotAuthorized, null);
        await log.StopAsync();

        string text = File.ReadAllText(Path.Combine(_folder.Path, "audit"));
        Assert.Equal(1, text.Count(letter => letter == '\n'));
        Assert.DoesNotContain(text.TrimEnd('\n'), char.IsControl);
        Assert.Equal(clientId, Text(Assert.Single(Lines()), "client"));
    }

    [Fact]
    public async Task Long_texts_are_cut_off()
    {
        AuditLog log = Open();

        log.Refused(_connection, new string('x', 60_000), ReasonCode.NotAuthorized, null);
        await log.StopAsync();

        Assert.Equal(AuditLine.MostCharacters, Text(Assert.Single(Lines()), "client")!.Length);
    }

    [Fact]
    public async Task Denials_of_one_action_for_one_principal_become_one_line()
    {
        AuditLog log = Open();

        for (int i = 0; i < 1_000; i++) Deny(log, "alice", AccessAction.Publish, $"t/{i}");
        Deny(log, "alice", AccessAction.Receive, "t");
        Deny(log, "bob", AccessAction.Publish, "t");
        await log.StopAsync();

        Assert.Equal(
            ["password:alice publish t/0 1000", "password:alice receive t 1", "password:bob publish t 1"],
            Lines().Select(line => $"{Text(line, "principal")} {Text(line, "action")} {Text(line, "topic")} {line.GetProperty("count").GetInt64()}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Denials_of_more_principals_than_are_told_apart_are_counted_together()
    {
        AuditLog log = Open();

        for (int i = 0; i < DenialCounts.Most + 7; i++) Deny(log, i.ToString(CultureInfo.InvariantCulture), AccessAction.Publish, "t");
        await log.StopAsync();

        JsonElement[] lines = Lines();
        Assert.Equal(DenialCounts.Most + 1, lines.Length);
        Assert.Equal(7, lines[^1].GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task Whoever_reports_never_waits_and_what_is_lost_is_counted()
    {
        using var mayWrite = new ManualResetEventSlim();
        using var isWriting = new ManualResetEventSlim();
        var written = new MemoryStream();
        var log = new AuditLog(
            lines =>
            {
                isWriting.Set();
                mayWrite.Wait(Eventually.Patience);
                written.Write(lines);
            },
            TimeSpan.FromSeconds(10),
            _time,
            NullLogger<AuditLog>.Instance);
        log.LimitReached("first", null);
        Assert.True(isWriting.Wait(Eventually.Patience, TestContext.Current.CancellationToken));

        for (int i = 0; i < AuditLog.Capacity + 100; i++) log.LimitReached("x", null);
        Assert.Equal(100, log.Dropped);
        mayWrite.Set();
        await log.StopAsync();

        string[] lines = Encoding.UTF8.GetString(written.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(AuditLog.Capacity + 2, lines.Length);
        string dropped = Assert.Single(lines, line => line.Contains("\"event\":\"dropped\"", StringComparison.Ordinal));
        Assert.Contains("\"count\":100", dropped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_is_told_once_and_stops_nobody()
    {
        var logger = new RecordingLoggerFactory();
        var log = new AuditLog(_ => throw new IOException("No space left on device"), TimeSpan.FromSeconds(10), _time, new Logger<AuditLog>(logger));

        log.LimitReached("x", null);
        await Eventually.Until("it is told", () => logger.Entries.Count > 0);
        log.LimitReached("y", null);
        await log.StopAsync();

        Assert.Contains("No space left on device", Assert.Single(logger.Entries).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_file_is_put_aside_and_the_oldest_goes()
    {
        string path = Path.Combine(_folder.Path, "audit");
        using (var file = new AuditFile(path, maxBytes: 10, files: 3))
        {
            foreach (string line in (string[])["1234567\n", "ab\n", "cdefghi\n", "jklmnop\n", "q\n"]) file.Write(Encoding.UTF8.GetBytes(line));
        }

        Assert.Equal(["audit", "audit.1", "audit.2"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["jklmnop\nq\n", "cdefghi\n", "ab\n"], Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal).Select(File.ReadAllText));
    }

    [Fact]
    public void A_file_is_gone_on_with_and_is_its_owners()
    {
        string path = _folder.Write("audit", "before\n");
        using (var file = new AuditFile(path, maxBytes: 1_000, files: 2)) file.Write("after\n"u8);
        using (var file = new AuditFile(path + "2", maxBytes: 1_000, files: 1)) file.Write("x\n"u8);

        Assert.Equal("before\nafter\n", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path + "2") & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite));
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_a_fault()
    {
        string fault = Assert.Single(Configuration.ConfigurationCase.FromArguments("--Broker:Audit:Path", "/nowhere/audit").Faults).ToString();

        Assert.Contains("Broker:Audit:Path (argument --Broker:Audit:Path): '/nowhere/audit' cannot be written", fault, StringComparison.Ordinal);
    }

    private static void Deny(AuditLog log, string user, AccessAction action, string topic) =>
        log.Denied(new AccessRequest { Subject = Subject(user), Action = action, Topic = Encoding.UTF8.GetBytes(topic) });

    private static AccessSubject Subject(string user) => new(new Principal("password", user), "client", new ConnectionInfo("Mqtt", TransportKind.Tcp, null));

    private static string? Text(JsonElement line, string name) => line.GetProperty(name).GetString();

    private AuditLog Open() => new(new AuditOptions { Path = Path.Combine(_folder.Path, "audit") }, _time, NullLogger<AuditLog>.Instance);

    private JsonElement[] Lines() => [.. File.ReadAllLines(Path.Combine(_folder.Path, "audit")).Select(line => JsonDocument.Parse(line).RootElement)];
}
