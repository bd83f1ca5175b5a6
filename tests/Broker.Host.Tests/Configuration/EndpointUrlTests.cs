using Broker.Host.Configuration;

namespace Broker.Host.Tests.Configuration;

public sealed class EndpointUrlTests
{
    [Theory]
    [InlineData("mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:1883")]
    [InlineData("mqtt://127.0.0.1:1883/", "mqtt://127.0.0.1:1883")]
    [InlineData("MQTT://LocalHost:0", "mqtt://localhost:0")]
    [InlineData("mqtts://[::1]:8883", "mqtts://[::1]:8883")]
    [InlineData("http://*:65535", "http://*:65535")]
    [InlineData("https://[::]:443", "https://[::]:443")]
    [InlineData("mqtt://0.0.0.0", "mqtt://0.0.0.0:1883")]
    [InlineData("mqtts://[::]", "mqtts://[::]:8883")]
    [InlineData("http://10.0.0.1", "http://10.0.0.1:80")]
    [InlineData("https://10.0.0.1", "https://10.0.0.1:443")]
    public void A_url_is_scheme_host_and_port(string text, string url)
    {
        Assert.True(EndpointUrl.TryParse(text, out EndpointUrl parsed));
        Assert.Equal(url, parsed.ToString());
    }

    [Theory]
    [InlineData("127.0.0.1:1883")]
    [InlineData("tcp://127.0.0.1:1883")]
    [InlineData("ws://127.0.0.1:1883")]
    [InlineData("mqtt://")]
    [InlineData("mqtt://:1883")]
    [InlineData("mqtt://127.0.0.1:65536")]
    [InlineData("mqtt://127.0.0.1:-1")]
    [InlineData("mqtt://127.0.0.1:")]
    [InlineData("mqtt://127.0.0.1:x")]
    [InlineData("mqtt://127.0.0.1:1883/path")]
    [InlineData("mqtt://broker.example:1883")]
    [InlineData("mqtt://::1:1883")]
    [InlineData("mqtt://::1")]
    [InlineData("mqtt://[127.0.0.1]:1883")]
    [InlineData("mqtt://[::1:1883")]
    [InlineData("mqtt://1:1883")]
    [InlineData("mqtt://127.1:1883")]
    [InlineData("mqtt://user@127.0.0.1:1883")]
    [InlineData("mqtt:127.0.0.1:1883")]
    public void What_cannot_be_listened_on_is_a_fault_that_says_what_can(string text)
    {
        string fault = ConfigurationCase.FromArguments("--Broker:Endpoints:Mqtt:Url", text).OnlyFault();

        Assert.StartsWith("Broker:Endpoints:Mqtt:Url (argument --Broker:Endpoints:Mqtt:Url): '" + text + "' is not allowed; allowed is mqtt://", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mqtt://127.0.0.1:1883", "http://127.0.0.1:1883", true)]
    [InlineData("mqtt://127.0.0.1:1883", "http://127.0.0.1:1884", false)]
    [InlineData("mqtt://127.0.0.1:1883", "http://127.0.0.2:1883", false)]
    [InlineData("mqtt://0.0.0.0:1883", "http://127.0.0.2:1883", true)]
    [InlineData("mqtt://0.0.0.0:1883", "http://[::1]:1883", false)]
    [InlineData("mqtt://*:1883", "http://127.0.0.1:1883", true)]
    [InlineData("mqtt://localhost:1883", "http://127.0.0.1:1883", true)]
    [InlineData("mqtt://localhost:1883", "http://[::1]:1883", true)]
    [InlineData("mqtt://127.0.0.1:0", "http://127.0.0.1:0", false)]
    public void Two_urls_overlap_where_both_would_claim_a_port_of_an_address(string one, string other, bool overlap)
    {
        Assert.True(EndpointUrl.TryParse(one, out EndpointUrl first));
        Assert.True(EndpointUrl.TryParse(other, out EndpointUrl second));

        Assert.Equal(overlap, first.Overlaps(second));
        Assert.Equal(overlap, second.Overlaps(first));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.9", true)]
    [InlineData("[::1]", true)]
    [InlineData("localhost", true)]
    [InlineData("*", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]", false)]
    [InlineData("192.168.0.1", false)]
    public void Only_loopback_is_loopback(string host, bool isLoopback)
    {
        Assert.True(EndpointUrl.TryParse($"mqtt://{host}:1", out EndpointUrl url));

        Assert.Equal(isLoopback, url.IsLoopback);
    }
}
