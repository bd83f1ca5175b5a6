namespace Broker.Client.Connection;

/// <summary>One address of a broker, checked.</summary>
internal sealed record BrokerAddress(Uri Uri, bool Tls, bool WebSocket)
{
    private const int Port = 1883;
    private const int TlsPort = 8883;

    public string Host => Uri.Host;

    public int TcpPort => Uri.Port > 0 ? Uri.Port : Tls ? TlsPort : Port;

    /// <summary>Reads an address.</summary>
    /// <param name="text">What was configured.</param>
    /// <param name="address">The address.</param>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public static string? Read(string? text, out BrokerAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            return $"'{text}' is not an address: write mqtt://host:1883, mqtts://host:8883, ws://host/mqtt or wss://host/mqtt";
        }

        if (uri.UserInfo.Length > 0) return $"The address of {uri.Host} has a user name in it: use UserName and Password";
        switch (uri.Scheme)
        {
            case "mqtt":
                address = new BrokerAddress(uri, Tls: false, WebSocket: false);
                return null;
            case "mqtts":
                address = new BrokerAddress(uri, Tls: true, WebSocket: false);
                return null;
            case "ws":
                address = new BrokerAddress(uri, Tls: false, WebSocket: true);
                return null;
            case "wss":
                address = new BrokerAddress(uri, Tls: true, WebSocket: true);
                return null;
            default:
                return $"'{text}' begins with {uri.Scheme}: mqtt, mqtts, ws and wss are known";
        }
    }

    public override string ToString() => Uri.OriginalString;
}
