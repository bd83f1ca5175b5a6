using System.Net;
using System.Net.Sockets;
using Broker.LoadTests.Wire;

namespace Broker.LoadTests.Isolation;

/// <summary>
/// A tenant that does what it should not, as fast as it can: publishes without pause, connects and hangs up over and over, and subscribes to
/// its own flood without reading any of it.
/// </summary>
public sealed class AbusiveTenant(EndPoint address) : IAsyncDisposable
{
    private const int Flooders = 8;
    private const int Stormers = 4;
    private const int Stuck = 20;
    private const int PacketsInWrite = 64;
    private const int PayloadBytes = 256;
    private const int SmallReceiveBuffer = 8 * 1024;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<MqttConnection> _stuck = [];
    private readonly List<Task> _running = [];
    private long _connects;
    private long _published;

    /// <summary>Connects that were tried.</summary>
    public long Connects => Interlocked.Read(ref _connects);

    /// <summary>Publications that the network took.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Begins.</summary>
    public async Task StartAsync()
    {
        for (int i = 0; i < Stuck; i++)
        {
            MqttConnection connection = await MqttConnection.OpenAsync(address, $"stuck-{i}", received: (in MqttMessage _) => { }, keepAliveSeconds: 0, receiveBufferBytes: SmallReceiveBuffer);
            await connection.SubscribeAsync("#", 1);
            connection.Pause();
            _stuck.Add(connection);
        }

        for (int i = 0; i < Flooders; i++)
        {
            string name = $"flood-{i}";
            _running.Add(Task.Run(() => FloodAsync(name)));
        }

        for (int i = 0; i < Stormers; i++)
        {
            string name = $"storm-{i}";
            _running.Add(Task.Run(() => StormAsync(name)));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        foreach (MqttConnection connection in _stuck) await connection.DropAsync();
        _stop.Dispose();
    }

    private async Task FloodAsync(string name)
    {
        byte[] topic = System.Text.Encoding.UTF8.GetBytes($"flood/{name}");
        byte[] one = [0x30, (byte)(0x80 | ((2 + topic.Length + 1 + PayloadBytes) & 0x7F)), (byte)((2 + topic.Length + 1 + PayloadBytes) >> 7), 0, (byte)topic.Length, .. topic, 0, .. new byte[PayloadBytes]];
        byte[] many = [.. Enumerable.Repeat(one, PacketsInWrite).SelectMany(packet => packet)];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(address, _stop.Token);
                await socket.SendAsync(MqttPackets.Connect(name, MqttPackets.Version5, 0, true, 0), _stop.Token);
                while (true)
                {
                    await socket.SendAsync(many, _stop.Token);
                    Interlocked.Add(ref _published, PacketsInWrite);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                if (!_stop.IsCancellationRequested) await Task.Yield(); // refused: again
            }
        }
    }

    private async Task StormAsync(string name)
    {
        byte[] connect = MqttPackets.Connect(name, MqttPackets.Version5, 0, true, 0);
        byte[] answer = new byte[64];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
                await socket.ConnectAsync(address, _stop.Token);
                Interlocked.Increment(ref _connects);
                await socket.SendAsync(connect, _stop.Token);
                await socket.ReceiveAsync(answer, _stop.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // refused: again
            }
        }
    }
}
