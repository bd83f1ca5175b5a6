using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Crash;

/// <summary>A client that comes back whenever its connection ends, with a session that has to be there then.</summary>
internal abstract class CrashClient
{
    private static readonly TimeSpan _retry = TimeSpan.FromMilliseconds(10);

    private readonly int _port;
    private readonly History _history;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private bool _wasConnected;

    protected CrashClient(string id, int port, History history)
    {
        Id = id;
        _port = port;
        _history = history;
        _thread = new Thread(Run) { IsBackground = true, Name = id };
    }

    public string Id { get; }

    protected History History => _history;

    protected bool IsStopping => _stop.IsCancellationRequested;

    public void Start() => _thread.Start();

    public void Stop()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    protected virtual WillOptions? Will => null;

    /// <summary>Whether a connection that it leaves stays open until the next one has taken the session over.</summary>
    protected virtual bool TakesOver => false;

    /// <summary>Lives on one connection until that ends, or until it wants another one.</summary>
    protected abstract void Live(Link link, bool isPresent);

    /// <summary>What has to be known when a connection ended by itself.</summary>
    protected virtual void Lost()
    {
        // Most clients only come back.
    }

    private void Run()
    {
        Link? left = null;
        while (!IsStopping)
        {
            var options = new ConnectOptions
            {
                ClientId = Id,
                Version = ProtocolVersion.V5,
                CleanStart = false,
                Will = Will,
                Properties = new Properties().SessionExpiryInterval(3_600),
            };
            if (Link.TryConnect(_port, options, out bool isPresent) is not { } link)
            {
                _stop.Token.WaitHandle.WaitOne(_retry);
                continue;
            }

            left?.Dispose();
            left = null;
            if (_wasConnected && !isPresent) _history.SessionForgotten();
            _wasConnected = true;
            try
            {
                Live(link, isPresent);
                if (TakesOver) left = link;
            }
            catch (IOException)
            {
                Lost();
            }
            finally
            {
                if (left is null) link.Dispose();
            }
        }

        left?.Dispose();
    }
}
