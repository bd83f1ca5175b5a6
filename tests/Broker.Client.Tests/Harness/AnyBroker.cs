using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Interop;
using Broker.Testing;

namespace Broker.Client.Tests.Harness;

/// <summary>A broker to test against: this project's, in the test's process, or Mosquitto.</summary>
internal sealed class AnyBroker : IAsyncDisposable
{
    public const string Ours = "ours";
    public const string Mosquitto = "mosquitto";

    private readonly List<IAsyncDisposable> _parts = [];
    private TempFolder? _folder;

    public static TheoryData<string> Both => [Ours, Mosquitto];

    public required int Port { get; init; }

    public string Address => $"mqtt://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    public static async Task<AnyBroker> StartAsync(string kind = Ours)
    {
        if (kind == Ours)
        {
            RunningBroker ours = await RunningBroker.StartAsync();
            var broker = new AnyBroker { Port = ours.Address("Mqtt").Port };
            broker._parts.Add(ours);
            return broker;
        }

        OtherClient.RequireProgram("mosquitto");
        var folder = new TempFolder();
        int port = LoopbackPort.Free();
        string configuration = folder.Write("mosquitto.conf", $"listener {port.ToString(CultureInfo.InvariantCulture)} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\nmax_queued_messages 0\n");
        var mosquitto = new AnyBroker { Port = port, _folder = folder };
        mosquitto._parts.Add(OtherClient.Start("mosquitto", "-c", configuration));
        await Eventually.Until("Mosquitto listens", () => CanConnect(port));
        return mosquitto;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable part in _parts) await part.DisposeAsync();
        _folder?.Dispose();
    }

    private static bool CanConnect(int port)
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
