using System.Diagnostics;

namespace Broker.Attack;

/// <summary>A client that has nothing to do with the attack, and goes on publishing to itself.</summary>
internal sealed class Probe : IDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);
    private readonly AttackConnection _connection = new();

    private readonly BrokerUnderTest _broker;

    private Probe(BrokerUnderTest broker) => _broker = broker;

    /// <summary>Connects and subscribes; a broker that runs late on a slow machine may turn it away at first.</summary>
    /// <param name="broker">Where.</param>
    /// <param name="credentials">User and password with a slash before each, or nothing.</param>
    /// <exception cref="InvalidOperationException">It did not let it in as long as patience lasted.</exception>
    public static async Task<Probe> StartAsync(BrokerUnderTest broker, string credentials)
    {
        CancellationToken deadline = broker.Deadline();
        while (!broker.HasEnded)
        {
            var probe = new Probe(broker);
            try
            {
                await probe._connection.OpenAsync(broker.Port, null, deadline);
                string id = $"probe-{Guid.NewGuid():N}"[..20];
                await probe.SendAsync($"C4={id}{credentials} 82[0001 \"probe/x\" 00]", deadline);
                if (await probe.SeesAsync("suback", deadline)) return probe;
                probe.Dispose();
                await Task.Delay(_pause, deadline);
            }
            catch (OperationCanceledException)
            {
                probe.Dispose();
                break;
            }
        }

        throw new InvalidOperationException("The broker does not even let the probe subscribe");
    }

    /// <summary>Publishes and waits for the message.</summary>
    /// <returns>How long it took; null if it does not come.</returns>
    public async Task<TimeSpan?> TryRoundTripAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        CancellationToken deadline = _broker.Deadline();
        try
        {
            await SendAsync("30[\"probe/x\" 'x']", deadline);
            return await SeesAsync("publish", deadline) ? Stopwatch.GetElapsedTime(begin) : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _connection.Dispose();

    private Task SendAsync(string bytes, CancellationToken deadline)
    {
        byte[] parsed = AttackBytes.Parse(bytes, "probe");
        return _connection.SendAsync(parsed, parsed.Length, deadline);
    }

    private async Task<bool> SeesAsync(string name, CancellationToken deadline)
    {
        while (await _connection.NextAsync(deadline) is { } packet)
        {
            if (packet.Name == name) return true;
        }

        return false;
    }
}
