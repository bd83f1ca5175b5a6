using System.Text.RegularExpressions;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Http;

public sealed class RequestLogTests
{
    private const string Key = "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics";

    [Fact]
    public async Task Requests_are_logged_where_the_operator_asks_for_them()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync(Key, "Information");
        using var client = new HttpClient();

        await client.GetStringAsync(broker.Http("/healthz"), Eventually.Deadline());

        await Eventually.Until("the request is logged", () => broker.Error.Contains("Request finished HTTP/1.1 GET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task They_are_not_by_default_even_where_everything_else_is()
    {
        await using BrokerProcess broker = await BrokerProcess.StartAsync("--Logging:LogLevel:Default", "Debug", "--Logging:LogLevel:Microsoft", "Debug");
        using (var client = new HttpClient()) await client.GetStringAsync(broker.Http("/healthz"), Eventually.Deadline());

        await Eventually.Until("the end of the connection is logged", () => Regex.IsMatch(broker.Error, "Kestrel.Connections.* stopped"));
        Assert.DoesNotContain("Hosting.Diagnostics", broker.Error, StringComparison.Ordinal);
    }
}
