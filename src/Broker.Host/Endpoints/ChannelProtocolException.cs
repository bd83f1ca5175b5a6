namespace Broker.Host.Endpoints;

/// <summary>The peer broke the rules of what lies around MQTT, e.g. sent a WebSocket text message.</summary>
internal sealed class ChannelProtocolException(string message) : Exception(message);
