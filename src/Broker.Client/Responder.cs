namespace Broker.Client;

/// <summary>A running responder. Disposing it takes back its announcement, finishes the requests at hand and stops.</summary>
public sealed class Responder : IAsyncDisposable
{
    private readonly Func<ValueTask> _stop;

    internal Responder(string topic, Func<ValueTask> stop)
    {
        Topic = topic;
        _stop = stop;
    }

    /// <summary>The topic whose requests it answers.</summary>
    public string Topic { get; }

    /// <summary>Stops it.</summary>
    public ValueTask DisposeAsync() => _stop();
}
