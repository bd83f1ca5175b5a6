using System.Text;
using Broker.Core.Messages;
using Broker.Core.Protocol;

namespace Broker.Core.Polling;

/// <summary>A message for a caller who is no MQTT client: its memory is the caller's until the lease is disposed.</summary>
/// <remarks>Threading: one user at a time. Not sealed, since a topic's value is one with more to say.</remarks>
public class MessageLease : IDisposable
{
    private readonly Message _message;
    private bool _isDisposed;

    internal MessageLease(Message message) => _message = message;

    /// <summary>The topic name in UTF-8.</summary>
    public virtual ReadOnlySpan<byte> Topic => Message.Topic;

    /// <summary>The payload as it was published.</summary>
    public ReadOnlySpan<byte> Payload => Message.Payload;

    /// <summary>The Content Type that the publisher gave, as it stands in the message; null if it gave none.</summary>
    public string? ContentType =>
        PropertyReader.TryFind(Message.Properties, PropertyId.ContentType, out ReadOnlySpan<byte> text) ? Encoding.UTF8.GetString(text) : null;

    private Message Message
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _message;
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back, once.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (_isDisposed || !disposing) return;
        _isDisposed = true;
        _message.Release();
    }
}
