using System.Buffers;
using System.Threading.Channels;
using Broker.Core.Connections;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Audit;

/// <summary>
/// The audit log: JSON, one line an event, in a file of its own. Whoever reports an event puts it into a bounded queue and goes on; a task
/// of its own writes. What does not fit is counted, and the count is written.
/// </summary>
/// <remarks>Threading: any thread. Owner of the file: the task.</remarks>
internal sealed class AuditLog : IAudit
{
    /// <summary>Events that may wait to be written.</summary>
    public const int Capacity = 8_192;

    private readonly Channel<AuditEntry> _queue = Channel.CreateBounded<AuditEntry>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly DenialCounts _denials = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _window;
    private readonly Action<ReadOnlySpan<byte>> _write;
    private readonly AuditFile? _file;
    private readonly ILogger<AuditLog> _logger;
    private readonly Task _writing;
    private bool _isFailing;
    private long _dropped;
    private long _sequence;

    /// <summary>Begins to write.</summary>
    /// <param name="options">Where to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told when nothing can be written.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public AuditLog(AuditOptions options, TimeProvider time, ILogger<AuditLog> logger)
        : this(options.DenialWindow, time, logger)
    {
        if (options.Path == AuditPath.StandardOutput)
        {
            Stream output = Console.OpenStandardOutput();
            _write = lines => output.Write(lines);
        }
        else
        {
            _file = new AuditFile(options.Path, options.MaxBytes, options.Files);
            _write = _file.Write;
        }

        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Begins to write to somewhere else.</summary>
    /// <param name="write">Takes lines; it may block.</param>
    /// <param name="window">How long denials are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told when nothing can be written.</param>
    public AuditLog(Action<ReadOnlySpan<byte>> write, TimeSpan window, TimeProvider time, ILogger<AuditLog> logger)
        : this(window, time, logger)
    {
        _write = write;
        _writing = Task.Run(WriteAsync);
    }

    private AuditLog(TimeSpan window, TimeProvider time, ILogger<AuditLog> logger)
    {
        (_time, _logger, _window) = (time, logger, window);
        _write = _ => { };
        _writing = Task.CompletedTask;
    }

    /// <summary>Events that found no place.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <inheritdoc/>
    public void Connected(AccessSubject subject, bool tookOver) => Add(Of("connect", subject) with { Detail = tookOver ? "took over an earlier connection" : null });

    /// <inheritdoc/>
    public void Refused(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason) => Add(Of("refuse", connection, clientId, reasonCode, reason));

    /// <inheritdoc/>
    public void Closed(ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason) => Add(Of("close", connection, clientId, reasonCode, reason));

    /// <inheritdoc/>
    public void Denied(in AccessRequest request) => _denials.Add(request);

    /// <inheritdoc/>
    public void LimitReached(string limit, AccessSubject? subject) => Add((subject is null ? new AuditEntry("limit") : Of("limit", subject)) with { Detail = limit });

    /// <summary>The configuration, or something that it names, was taken or refused.</summary>
    /// <param name="what">What was changed, or why it was not.</param>
    /// <param name="isRefused">Whether everything stayed as it was.</param>
    public void Configured(string what, bool isRefused) => Add(new AuditEntry(isRefused ? "configuration refused" : "configuration") { Detail = what });

    /// <summary>Writes what is left; what comes later is dropped.</summary>
    public async Task StopAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _writing;
        _file?.Dispose();
        _stop.Dispose();
    }

    private static AuditEntry Of(string name, AccessSubject subject) => new(name)
    {
        Principal = subject.Principal.ToString(),
        ClientId = subject.ClientId,
        Listener = subject.Connection?.Endpoint,
        Address = subject.Connection?.Remote?.ToString(),
    };

    private static AuditEntry Of(string name, ConnectionInfo connection, string? clientId, ReasonCode reasonCode, string? reason) => new(name)
    {
        ClientId = clientId,
        Listener = connection.Endpoint,
        Address = connection.Remote?.ToString(),
        Code = reasonCode.ToString(),
        Detail = reason,
    };

    private void Add(AuditEntry entry)
    {
        if (!_queue.Writer.TryWrite(entry with { Time = _time.GetUtcNow() })) Interlocked.Increment(ref _dropped);
    }

    private async Task WriteAsync()
    {
        long droppedBefore = 0;
        var output = new ArrayBufferWriter<byte>();
        using var timer = new PeriodicTimer(_window, _time);
        Task<bool> tick = timer.WaitForNextTickAsync(_stop.Token).AsTask();
        Task<bool> waiting = _queue.Reader.WaitToReadAsync().AsTask();
        bool isOver = false;
        while (!isOver)
        {
            await Task.WhenAny(waiting, tick);
            isOver = waiting.IsCompletedSuccessfully && !waiting.Result;
            while (output.WrittenCount < 65_536 && _queue.Reader.TryRead(out AuditEntry? entry)) AuditLine.Write(output, entry, ++_sequence);
            if (tick.IsCompleted || isOver)
            {
                DateTimeOffset now = _time.GetUtcNow();
                foreach (AuditEntry entry in _denials.Take(now)) AuditLine.Write(output, entry, ++_sequence);
                long dropped = Dropped;
                if (dropped > droppedBefore) AuditLine.Write(output, new AuditEntry("dropped") { Time = now, Detail = "events that came too fast to be written", Count = dropped - droppedBefore }, ++_sequence);
                droppedBefore = dropped;
                if (!isOver) tick = _stop.IsCancellationRequested ? new TaskCompletionSource<bool>().Task : timer.WaitForNextTickAsync(_stop.Token).AsTask();
            }

            Flush(output);
            if (!isOver && waiting.IsCompleted) waiting = _queue.Reader.WaitToReadAsync().AsTask();
        }
    }

    private void Flush(ArrayBufferWriter<byte> output)
    {
        if (output.WrittenCount == 0) return;
        try
        {
            _write(output.WrittenSpan);
            _isFailing = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            if (!_isFailing) HostLog.AuditFailed(_logger, e.Message); // the broker goes on: who fills the disk must not stop it
            _isFailing = true;
        }

        output.Clear();
    }
}
