using System.Text;

namespace Broker.Client.Publishing;

/// <summary>How much is in the outbound queue, and who waits for room in it or for its end. Guarded by the <see cref="Outbox"/>'s lock.</summary>
internal sealed class OutboxRoom(int maxMessages, long maxBytes)
{
    private const int OverheadBytes = 128;

    private readonly Queue<TaskCompletionSource> _forRoom = new();
    private TaskCompletionSource? _forEnd;

    public int Messages { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Whether somebody waits, whose turn comes first.</summary>
    public bool IsAwaited => _forRoom.Count > 0;

    /// <summary>What a message counts.</summary>
    public static long SizeOf(OutgoingMessage message)
    {
        PublishOptions options = message.Options;
        long size = OverheadBytes + Encoding.UTF8.GetByteCount(message.Topic) + message.Payload.Length + options.CorrelationData.Length;
        size += (options.ContentType?.Length ?? 0) + (options.ResponseTopic?.Length ?? 0);
        if (options.UserProperties.Count == 0) return size;
        foreach ((string name, string value) in options.UserProperties) size += name.Length + value.Length;
        return size;
    }

    /// <summary>Whether a message fits; one alone always does.</summary>
    public bool Has(long bytes) => Messages < maxMessages && (Bytes + bytes <= maxBytes || Messages == 0);

    public void Add(long bytes)
    {
        Messages++;
        Bytes += bytes;
    }

    /// <summary>A message is over: whoever is next may try.</summary>
    public void Remove(long bytes)
    {
        Messages--;
        Bytes -= bytes;
        WakeNext();
        if (Messages > 0 || _forEnd is null) return;
        _forEnd.TrySetResult();
        _forEnd = null;
    }

    /// <summary>A place in the queue of those who wait for room.</summary>
    public TaskCompletionSource Await()
    {
        TaskCompletionSource turn = New();
        _forRoom.Enqueue(turn);
        return turn;
    }

    /// <summary>Lets the next one try, if there may be room.</summary>
    public void WakeNext()
    {
        if (Messages >= maxMessages || Bytes >= maxBytes) return;
        while (_forRoom.TryDequeue(out TaskCompletionSource? turn) && !turn.TrySetResult())
        {
        }
    }

    /// <summary>Waits until nothing is in it.</summary>
    public Task EmptyAsync() => Messages == 0 ? Task.CompletedTask : (_forEnd ??= New()).Task;

    /// <summary>There will be no room.</summary>
    public void Refuse(Exception reason)
    {
        while (_forRoom.TryDequeue(out TaskCompletionSource? turn)) turn.TrySetException(reason);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
