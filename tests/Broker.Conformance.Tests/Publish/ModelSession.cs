using Broker.Core.Protocol;

namespace Broker.Conformance.Tests.Publish;

/// <summary>What one client's session has to be, told by the specification alone: no inflight window, no identifiers, only what is owed.</summary>
internal sealed class ModelSession
{
    /// <summary>How long a kept session outlives its connection, in seconds.</summary>
    public const int Expiry = 30;

    private readonly Dictionary<string, QualityOfService> _subscriptions = [];
    private double _awaySince;

    public bool Exists { get; private set; }

    public bool IsConnected { get; private set; }

    public bool IsKept { get; private set; }

    /// <summary>QoS 1 and 2 messages that the client was never given, in the order they were published.</summary>
    public Queue<(string Text, QualityOfService Qos)> Owed { get; } = [];

    /// <summary>QoS 0 messages on their way over this connection.</summary>
    public Queue<string> Passing { get; } = [];

    /// <summary>A connection begins; whether its session has to be present.</summary>
    public bool Connect(bool cleanStart, bool isKept)
    {
        if (IsConnected) Leave(0);
        if (cleanStart) End();
        bool present = Exists;
        (Exists, IsConnected, IsKept) = (true, true, isKept);
        return present;
    }

    /// <summary>The connection is gone.</summary>
    public void Leave(double now)
    {
        IsConnected = false;
        _awaySince = now;
        Passing.Clear();
        if (!IsKept) End();
    }

    /// <summary>Time went by.</summary>
    public void Age(double now)
    {
        if (Exists && !IsConnected && now - _awaySince >= Expiry) End();
    }

    public void Subscribe(string filter, QualityOfService qos) => _subscriptions[filter] = qos;

    /// <summary>A message was accepted.</summary>
    public void Route(string topic, string text, QualityOfService qos)
    {
        QualityOfService? granted = null;
        foreach ((string filter, QualityOfService subscribed) in _subscriptions)
        {
            bool matches = filter == topic || filter == "t/#";
            if (matches && (granted is null || subscribed > granted)) granted = subscribed;
        }

        if (granted is not { } highest) return;
        QualityOfService lower = qos < highest ? qos : highest;
        if (lower != QualityOfService.AtMostOnce) Owed.Enqueue((text, lower));
        else if (IsConnected) Passing.Enqueue(text);
    }

    private void End()
    {
        Exists = false;
        _subscriptions.Clear();
        Owed.Clear();
        Passing.Clear();
    }
}
