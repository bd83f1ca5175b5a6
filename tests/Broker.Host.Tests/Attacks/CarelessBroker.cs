using System.Net;
using System.Net.Sockets;
using System.Text;
using Broker.Attack;

namespace Broker.Host.Tests.Attacks;

/// <summary>A double of a broker that answers what the probe asks, looks at nothing, and never hangs up.</summary>
internal sealed class CarelessBroker : BrokerUnderTest
{
    private readonly TcpListener _listener;
    private readonly List<TcpClient> _clients = [];
    private volatile bool _isStopped;

    public CarelessBroker()
        : this(new TcpListener(IPAddress.Loopback, 0))
    {
    }

    private CarelessBroker(TcpListener listener)
        : base(Start(listener))
    {
        _listener = listener;
        _ = AcceptAsync();
    }

    /// <summary>A piece of a client identifier at which it answers nobody any more, but for the CONNACK.</summary>
    public string StopsAt { get; init; } = "\0";

    /// <summary>Whether it logs the letters that it is sent, each line of them as a line.</summary>
    public bool LogsWhatItGets { get; init; }

    public override void Dispose()
    {
        _listener.Dispose();
        lock (_clients) _clients.ForEach(client => client.Dispose());
        base.Dispose();
    }

    private static int Start(TcpListener listener)
    {
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                lock (_clients) _clients.Add(client);
                _ = ServeAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[65_536];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and int count)
            {
                string text = Encoding.Latin1.GetString(buffer, 0, count);
                if (LogsWhatItGets) Log(text);
                if (text.Contains("probe-", StringComparison.Ordinal)) await stream.WriteAsync(new byte[] { 0x20, 2, 0, 0, 0x90, 3, 0, 1, 0 });
                else if (text.Contains(StopsAt, StringComparison.Ordinal)) await StopAsync(stream);
                else if (buffer[0] == 0x30 && !_isStopped) await stream.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }

    private void Log(string text)
    {
        foreach (string line in text.Split('\n')) Wrote(string.Concat(line.Where(letter => !char.IsControl(letter))));
    }

    private async Task StopAsync(NetworkStream stream)
    {
        _isStopped = true;
        await stream.WriteAsync(new byte[] { 0x20, 3, 0, 0, 0 });
    }
}
