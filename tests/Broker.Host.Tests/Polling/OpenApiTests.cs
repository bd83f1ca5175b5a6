using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;

namespace Broker.Host.Tests.Polling;

public sealed partial class OpenApiTests : PollingCase
{
    private static readonly string[] _notDescribed = ["HEAD"]; // is GET without a body
    private static readonly string[] _documented = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"];

    [Fact]
    public async Task The_document_describes_the_routes_that_there_are_and_no_others()
    {
        using HttpResponseMessage answer = await GetAsync("/openapi.json");
        using var document = JsonDocument.Parse(await TextAsync(answer));
        string[] described = [.. document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path =>
            path.Value.EnumerateObject().Select(one => one.Name.ToUpperInvariant()).Where(_documented.Contains).Select(method => $"{method} {path.Name}"))];

        IEnumerable<string> routes = Broker.Routes().SelectMany(Operations).Distinct();

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(routes.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_and_every_path_parameter_is_described()
    {
        using HttpResponseMessage answer = await GetAsync("/openapi.json");
        string text = await TextAsync(answer);
        using var document = JsonDocument.Parse(text);

        foreach (Match reference in References().Matches(text))
        {
            JsonElement at = document.RootElement;
            foreach (string step in reference.Groups[1].Value.Split('/')) Assert.True(at.TryGetProperty(step, out at), reference.Value);
        }

        foreach (JsonProperty path in document.RootElement.GetProperty("paths").EnumerateObject().Where(path => path.Name.Contains("{topic}", StringComparison.Ordinal)))
        {
            Assert.Equal("#/components/parameters/topic", path.Value.GetProperty("parameters")[0].GetProperty("$ref").GetString());
        }
    }

    // A topic may be absent from its path: then the list is meant.
    private static IEnumerable<string> Operations(RouteEndpoint endpoint)
    {
        string path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{**topic}", "{topic}", StringComparison.Ordinal);
        IReadOnlyList<string> methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];
        foreach (string method in methods.Except(_notDescribed))
        {
            yield return $"{method} {path}";
            if (path == "/topics/{topic}" && method == "GET") yield return "GET /topics";
        }
    }

    [GeneratedRegex("\"\\$ref\": \"#/([^\"]+)\"")]
    private static partial Regex References();
}
