namespace Broker.Client;

/// <summary>Whether another client is connected, as this project's broker tells it.</summary>
/// <remarks>Threading: all members from any thread; <see cref="Changed"/> is raised by one loop, in order.</remarks>
public sealed class Presence : IAsyncDisposable
{
    private readonly Mirror<PresenceState> _mirror;
    private readonly string _topic;

    internal Presence(ClientCore core, string clientId, Mirror<PresenceState> mirror)
    {
        ClientId = clientId;
        _mirror = mirror;
        _topic = mirror.Filter;
        mirror.Changed += (_, change) => core.Raise(Changed, this, change.Value);
    }

    /// <summary>Told of every change, with the new state; null: the broker has forgotten the client.</summary>
    public event EventHandler<PresenceState?>? Changed;

    /// <summary>Whose presence it is.</summary>
    public string ClientId { get; }

    /// <summary>The last state that the broker told; null: none yet, or it does not know the client.</summary>
    public PresenceState? Current => _mirror.TryGetValue(_topic, out PresenceState? state) ? state : null;

    /// <summary>Begins to watch.</summary>
    /// <param name="cancellationToken">Ends the wait for the broker.</param>
    public Task StartAsync(CancellationToken cancellationToken = default) => _mirror.StartAsync(cancellationToken);

    /// <summary>Waits until the client is, or is not, connected.</summary>
    /// <param name="isOnline">Which of both.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The state.</returns>
    public Task<PresenceState> WaitAsync(bool isOnline, CancellationToken cancellationToken = default) =>
        _mirror.WaitForAsync(_topic, state => state.IsOnline == isOnline, cancellationToken);

    /// <summary>Ends it.</summary>
    public ValueTask DisposeAsync() => _mirror.DisposeAsync();

    // As the broker writes a client identifier into a topic.
    internal static string TopicOf(string clientId) =>
        "$presence/" + clientId.Replace("%", "%25", StringComparison.Ordinal).Replace("+", "%2B", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);
}
