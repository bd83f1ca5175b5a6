namespace Broker.LoadTests.Brokers;

/// <summary>The broker could not be started or reached; the message says what to do.</summary>
public sealed class BrokerStartException(string message) : Exception(message);
