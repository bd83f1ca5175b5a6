namespace Broker.Core.ChangeDetection;

/// <summary>What change-only delivery did, for one rule or in all.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class ChangeCounters
{
    private long _received;
    private long _sent;
    private long _suppressed;
    private long _conflated;
    private long _bytesSaved;

    /// <summary>Publications that were looked at.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Messages that went to subscribers.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Messages that a subscriber was spared because nothing had changed.</summary>
    public long Suppressed => Interlocked.Read(ref _suppressed);

    /// <summary>Messages that a newer value replaced while they waited.</summary>
    public long Conflated => Interlocked.Read(ref _conflated);

    /// <summary>Bytes of topic, properties and payload that were not sent.</summary>
    public long BytesSaved => Interlocked.Read(ref _bytesSaved);

    /// <summary>A publication was looked at.</summary>
    public void Receive() => Interlocked.Increment(ref _received);

    /// <summary>A message went to a subscriber.</summary>
    public void Send() => Interlocked.Increment(ref _sent);

    /// <summary>A subscriber was spared a message.</summary>
    public void Suppress(int bytes)
    {
        Interlocked.Increment(ref _suppressed);
        Interlocked.Add(ref _bytesSaved, bytes);
    }

    /// <summary>A newer value replaced a waiting one.</summary>
    public void Conflate(int bytes)
    {
        Interlocked.Increment(ref _conflated);
        Interlocked.Add(ref _bytesSaved, bytes);
    }

    /// <summary>A publication was looked at: counted here and with each rule.</summary>
    public void Receive(ChangeCriteria? rules)
    {
        Receive();
        foreach (ChangeRule rule in rules?.Rules ?? []) rule.Counters.Receive();
    }

    /// <summary>A message went to a subscriber: counted here and with each rule.</summary>
    public void Send(ChangeCriteria? rules)
    {
        Send();
        foreach (ChangeRule rule in rules?.Rules ?? []) rule.Counters.Send();
    }

    /// <summary>A subscriber was spared a message: counted here and with each rule.</summary>
    public void Suppress(ChangeCriteria? rules, int bytes)
    {
        Suppress(bytes);
        foreach (ChangeRule rule in rules?.Rules ?? []) rule.Counters.Suppress(bytes);
    }

    /// <summary>A newer value replaced a waiting one: counted here and with each rule.</summary>
    public void Conflate(ChangeCriteria? rules, int bytes)
    {
        Conflate(bytes);
        foreach (ChangeRule rule in rules?.Rules ?? []) rule.Counters.Conflate(bytes);
    }
}
