using System.Globalization;

namespace Broker.Attack;

/// <summary>
/// Does the steps of a row: <c>open N</c> (connections, which the following steps are about; those before stay open), <c>open N
/// websocket</c>, <c>connect N BYTES</c> (the same, each sends at once), <c>send BYTES</c>, <c>drip BYTES</c> (each byte in a segment of its own), <c>repeat N BYTES</c> (in one piece), <c>hold MS</c>,
/// <c>reset</c>, <c>expect WHAT</c>, <c>expect text PIECE</c>. Each connection's CONNECT has a client identifier of its own.
/// </summary>
internal sealed class Attacker(AttackRow row, BrokerUnderTest broker) : IDisposable
{
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
        (string count, string transport) = Cut(what);
        _current = [];
        for (int i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++) await AddAsync(transport == "websocket" ? broker.WebSocketPort : broker.Port);
    }

    private async Task ConnectAsync(string what)
    {
        (string count, string bytes) = Cut(what);
        _current = [];
        for (int i = 0; i < int.Parse(count, CultureInfo.InvariantCulture); i++)
        {
            AttackConnection connection = await AddAsync(broker.Port);
            await connection.SendAsync(Bytes(bytes, connection), int.MaxValue, Deadline());
        }
    }

    private async Task<AttackConnection> AddAsync(int port)
    {
        var connection = new AttackConnection();
        _all.Add(connection);
        _current.Add(connection);
        await connection.OpenAsync(port, Deadline());
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
        if (first == "text")
        {
            _happened = (await _current[0].TextAsync(Deadline())).Split('\r')[0];
            return _happened.Contains(piece, StringComparison.Ordinal) ? null : $"got '{_happened}'";
        }

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

    private CancellationToken Deadline() => broker.Deadline();

    private static (string First, string Others) Cut(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].Trim());
    }
}
