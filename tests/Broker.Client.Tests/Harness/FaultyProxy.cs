using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Broker.Client.Tests.Harness;

/// <summary>A network between client and broker that a test can spoil.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<int, (Socket Client, Socket Broker)> _pairs = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TaskCompletionSource _open = Opened();
    private int _next;
    private int _connections;

    public FaultyProxy(int target)
    {
        Target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _loop = AcceptAsync();
    }

    /// <summary>The broker's port; new connections go there.</summary>
    public int Target { get; set; }

    /// <summary>How many bytes travel at a time; 1: byte by byte.</summary>
    public int Chunk { get; set; } = 64 * 1024;

    /// <summary>Bytes from the broker vanish, while the connection stays: half open.</summary>
    public bool SwallowAnswers { get; set; }

    /// <summary>How many connections there were that <see cref="Cut"/> could cut.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public string Address => $"mqtt://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture)}"; // it is bound

    /// <summary>Holds all bytes back.</summary>
    public void Stall() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets them go.</summary>
    public void Resume() => _open.TrySetResult();

    /// <summary>Resets every connection.</summary>
    public void Cut()
    {
        foreach ((int id, (Socket client, Socket broker)) in _pairs)
        {
            _pairs.TryRemove(id, out _);
            client.LingerState = new LingerOption(true, 0);
            broker.LingerState = new LingerOption(true, 0);
            client.Dispose();
            broker.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        Resume();
        Cut();
        await _loop;
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        List<Task> pumps = [];
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_stop.Token);
                pumps.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(pumps);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        int id = Interlocked.Increment(ref _next);
        var broker = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await broker.ConnectAsync(IPAddress.Loopback, Target, _stop.Token);
            _pairs[id] = (client, broker);
            Interlocked.Increment(ref _connections);
            await Task.WhenAny(PumpAsync(client, broker, isAnswer: false), PumpAsync(broker, client, isAnswer: true));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            Assert.NotNull(exception); // no broker there now: the client is told by the end of its connection
        }

        _pairs.TryRemove(id, out _);
        client.Dispose();
        broker.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, bool isAnswer)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer.AsMemory(0, Math.Min(Chunk, buffer.Length))) is var count and > 0)
            {
                await _open.Task;
                if (isAnswer && SwallowAnswers) continue;
                await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return; // cut
        }
    }
}
