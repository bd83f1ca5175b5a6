using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Polling;

/// <summary>A broker and an HTTP client for it.</summary>
public abstract class PollingCase(params string[] arguments) : IAsyncLifetime
{
    internal HttpClient Client { get; } = new(new SocketsHttpHandler { MaxConnectionsPerServer = 2_000 }) { Timeout = TimeSpan.FromMinutes(1) };

    internal RunningBroker Broker { get; private set; } = null!; // InitializeAsync

    public async ValueTask InitializeAsync() => Broker = await RunningBroker.StartAsync(arguments);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Broker.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal Task<WireClient> ConnectAsync() => WireClient.ConnectAsync(Broker.Address("Mqtt"));

    /// <summary>GET, perhaps with <c>If-None-Match</c> and <c>Prefer</c>.</summary>
    internal async Task<HttpResponseMessage> GetAsync(string path, string? known = null, string? prefer = null)
    {
        using HttpRequestMessage request = Get(path, known, prefer);
        return await Client.SendAsync(request, Eventually.Deadline());
    }

    internal HttpRequestMessage Get(string path, string? known = null, string? prefer = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Broker.Http(path));
        if (known is not null) request.Headers.TryAddWithoutValidation("If-None-Match", known);
        if (prefer is not null) request.Headers.TryAddWithoutValidation("Prefer", prefer);
        return request;
    }

    internal Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[] body, string? contentType = null)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null) content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return Client.SendAsync(new HttpRequestMessage(method, Broker.Http(path)) { Content = content }, Eventually.Deadline());
    }

    /// <summary>PUT that has to succeed.</summary>
    internal async Task PutAsync(string path, string text, string? contentType = "text/plain")
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Put, path, Encoding.UTF8.GetBytes(text), contentType);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    internal async Task<string> TagAsync(string path)
    {
        using HttpResponseMessage answer = await GetAsync(path);
        return answer.Headers.ETag!.ToString();
    }

    internal static Task<string> TextAsync(HttpResponseMessage answer) => answer.Content.ReadAsStringAsync(Eventually.Deadline());

    /// <summary>The answer has to be problem details with this status.</summary>
    internal static async Task<string> ProblemAsync(int status, HttpResponseMessage answer)
    {
        string text = await TextAsync(answer);
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(text);
        Assert.Equal(status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.RootElement.GetProperty("title").GetString()!);
        return problem.RootElement.GetProperty("detail").GetString()!;
    }
}
