using System.Text.Json.Serialization.Metadata;

namespace Broker.Client;

/// <summary>
/// An error that crosses the wire: a responder throws it, the requester's <c>RequestAsync</c> throws it again with the same
/// <see cref="Code"/>, message and <see cref="Details"/>.
/// </summary>
public sealed class RemoteException : BrokerClientException
{
    /// <summary>The code of an exception that the responder did not mean to send; its text stays with the responder.</summary>
    public const string InternalCode = "internal";

    /// <summary>The code of a request whose payload the responder could not read.</summary>
    public const string BadRequestCode = "bad-request";

    /// <summary>An error for the requester.</summary>
    /// <param name="code">What programs look at, e.g. <c>not-found</c>.</param>
    /// <param name="message">What people read.</param>
    /// <param name="details">Anything more, as JSON or in a form that both sides know.</param>
    public RemoteException(string code, string message, ReadOnlyMemory<byte> details = default)
        : base(BrokerClientError.Remote, message)
    {
        ArgumentException.ThrowIfNullOrEmpty(code);
        Code = code;
        Details = details;
    }

    /// <summary>What programs look at.</summary>
    public string Code { get; }

    /// <summary>Anything more; empty where the responder gave none.</summary>
    public ReadOnlyMemory<byte> Details { get; }

    /// <summary>The details as a type.</summary>
    /// <param name="json">How to read them.</param>
    /// <exception cref="System.Text.Json.JsonException">They are not of that type.</exception>
    public TDetails? GetDetails<TDetails>(JsonTypeInfo<TDetails> json) =>
        Details.IsEmpty ? default : System.Text.Json.JsonSerializer.Deserialize(Details.Span, json);
}
