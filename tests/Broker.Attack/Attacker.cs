using System.Globalization;
using System.Net;
using System.Text;

namespace Broker.Attack;

/// <summary>
/// Does the steps of a row: <c>open N</c> (connections, which the following steps are about; those before stay open), with
/// <c>websocket</c>, <c>mqtts</c> or <c>https</c> to another port, with <c>cert=NAME</c> after a TLS handshake (otherwise what is sent is
/// sent as it is) and with <c>from=ADDRESS</c> from there; <c>connect N BYTES</c> (open, and each sends at once), <c>send BYTES</c>,
/// <c>drip BYTES</c> (each byte in a segment of its own), <c>repeat N BYTES</c> (in one piece), <c>keyupdate N</c> (see
/// <see cref="KeyUpdates"/>), <c>hold MS</c>, <c>reset</c>, <c>expect WHAT</c>, <c>expect text BEGINNING</c> and <c>expect bytes HEX</c> (how
/// that begins which comes next, which is no MQTT, or <c>closed</c>). Each connection's CONNECT has a client identifier of its own.
/// </summary>
internal sealed class Attacker(AttackRow row, BrokerUnderTest broker) : IDisposable
{
    private const string Closed = "closed";
    private const int ShownBytes = 7; // a TLS alert

    private readonly List<AttackConnection> _all = [];
    private List<AttackConnection> _current = [];
    private string _happened = "";

    /// <summary>Does all steps.</summary>
    /// <returns>The first thing that was not as expected, or null; and what happened last.</returns>
    public async Task<(string? Fault, string Happened)> RunAsync()
    {
        foreach (string step in row.Steps)
        {
            if (await DoAsync(step) is { } fault) return ($"{step}: {fault}", fault);
        }

        return (null, _happened);
    }

    public void Dispose() => _all.ForEach(connection => connection.Dispose());

    private async Task<string?> DoAsync(string step)
    {
        (string verb, string rest) = Cut(step);
        switch (verb)
        {
            case "open":
                await OpenAsync(rest);
                return null;
            case "connect":
                await ConnectAsync(rest);
                return null;
            case "send" or "drip":
                await SendAsync(rest, verb == "drip" ? 1 : int.MaxValue);
                return null;
            case "repeat":
                (string count, string bytes) = Cut(rest);
                await SendAsync($"{count}*({bytes})", int.MaxValue);
                return null;
            case "keyupdate":
                return await KeyUpdates.SendAsync(int.Parse(rest, CultureInfo.InvariantCulture), broker, Deadline());
            case "hold":
                await Task.Delay(int.Parse(rest, CultureInfo.InvariantCulture));
                return null;
            case "reset":
                _current.ForEach(connection => connection.Reset());
                return null;
            case "expect":
                return await ExpectAsync(rest);
            default:
                throw new FormatException($"{row.Name}: '{step}' is no step");
        }
    }

    private async Task OpenAsync(string what)
    {
        (string count, string how) = Cut(what);
        string[] words = how.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int port = words.Length == 0 || words[0].Contains('=', StringComparison.Ordinal) ? broker.Port : broker.PortOf(words[0]);
        IPAddress? from = Value(words, "from=") is { } address ? IPAddress.Parse(address) : null;
        string? certificate = Value(words, "cert=");
        _current = [];
        for (int i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
        {
            AttackConnection connection = await AddAsync(port, from);
            if (certificate is not null) await connection.SecureAsync(AttackCertificates.Shared.Client(certificate), Deadline());
        }
    }

    private async Task ConnectAsync(string what)
    {
        (string count, string bytes) = Cut(what);
        _current = [];
        for (int i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
        {
            AttackConnection connection = await AddAsync(broker.Port, null);
            await connection.SendAsync(Bytes(bytes, connection), int.MaxValue, Deadline());
        }
    }

    private async Task<AttackConnection> AddAsync(int port, IPAddress? from)
    {
        var connection = new AttackConnection();
        _all.Add(connection);
        _current.Add(connection);
        await connection.OpenAsync(port, from, Deadline());
        return connection;
    }

    private async Task SendAsync(string bytes, int segment)
    {
        CancellationToken deadline = Deadline();
        foreach (AttackConnection connection in _current) await connection.SendAsync(Bytes(bytes, connection), segment, deadline);
    }

    private byte[] Bytes(string text, AttackConnection connection) => AttackBytes.Parse(text, $"{row.Name}-{_all.IndexOf(connection)}");

    private async Task<string?> ExpectAsync(string what)
    {
        (string first, string piece) = Cut(what);
        if (first is "text" or "bytes") return await ExpectAsync(piece.Split(" or "), first == "text" ? Text : Hex);
        var expectation = new Expectation(what);
        CancellationToken deadline = Deadline();
        foreach (AttackConnection connection in _current)
        {
            (bool isMet, string happened) = await expectation.CheckAsync(connection, deadline);
            if (!isMet) return happened;
            _happened = happened;
        }

        return null;
    }

    private async Task<string?> ExpectAsync(string[] beginnings, Func<ReadOnlyMemory<byte>, string> write)
    {
        foreach (AttackConnection connection in _current)
        {
            string came = write(await connection.ReadAsync(Deadline()));
            _happened = came.Length == 0 ? Closed : came;
            if (!beginnings.Any(beginning => _happened.StartsWith(beginning, StringComparison.Ordinal))) return $"got '{_happened}'";
        }

        return null;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span).Split('\r')[0];

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span[..Math.Min(bytes.Length, ShownBytes)]);

    private CancellationToken Deadline() => broker.Deadline();

    private static string? Value(string[] words, string key) => words.FirstOrDefault(word => word.StartsWith(key, StringComparison.Ordinal))?[key.Length..];

    private static (string First, string Others) Cut(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].Trim());
    }
}
