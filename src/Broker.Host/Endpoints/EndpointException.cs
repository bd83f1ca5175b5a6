namespace Broker.Host.Endpoints;

/// <summary>An endpoint cannot listen; the message names its key and address, for the operator.</summary>
internal sealed class EndpointException(string message, Exception inner) : Exception(message, inner);
