namespace Broker.LoadTests.Wire;

/// <summary>Gets every PUBLISH, on the connection's reading thread.</summary>
public delegate void MqttReceived(in MqttMessage message);
