using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Polling;

namespace Broker.Host.Tests.Security;

/// <summary>The same people over HTTP.</summary>
public sealed class HttpLoginTests : LoginCase
{
    private readonly HttpClient _http = new();

    [Theory]
    [InlineData("/topics/t")]
    [InlineData("/topics?filter=%23")]
    [InlineData("/metrics")]
    public async Task Who_says_nothing_is_asked_who_he_is(string path)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, path, null);

        string detail = await PollingCase.ProblemAsync(401, answer);
        Assert.Contains("Say who you are", detail, StringComparison.Ordinal);
        Assert.Equal(["Basic realm=\"broker\", charset=\"UTF-8\"", "Bearer realm=\"broker\""], answer.Headers.WwwAuthenticate.Select(one => one.ToString()));
        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Users_and_tokens_may_put_get_and_ask()
    {
        AuthenticationHeaderValue alice = Basic("alice", "wonderland");
        AuthenticationHeaderValue device = new("Bearer", Token("device-1"));

        Assert.Equal(HttpStatusCode.NoContent, await CodeAsync(HttpMethod.Put, "/topics/t?retain=true", alice));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(HttpMethod.Get, "/topics/t", device));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(HttpMethod.Get, "/topics/t", Basic("jwt", Token("device-1"))));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(HttpMethod.Get, "/metrics", device));
        Assert.Equal(HttpStatusCode.NotFound, await CodeAsync(HttpMethod.Post, "/requests/nobody", alice));
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeAsync(HttpMethod.Put, "/topics/t", null));
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeAsync(HttpMethod.Post, "/requests/t", null));
    }

    [Theory]
    [InlineData("Basic", "")]
    [InlineData("Basic", "%%%")]
    [InlineData("Basic", "YWxpY2U=")] // alice, without a colon
    [InlineData("Basic", "YWxpY2U6")] // alice:
    [InlineData("Basic", "Ondvb25kZXJsYW5k")] // :wonderland
    [InlineData("Basic", "/zp3b25kZXJsYW5k")] // no text
    [InlineData("Basic", "YWxpY2UAOndvbmRlcmxhbmQ=")] // with a NUL
    [InlineData("Basic", "YWxpY2U6V29uZGVybGFuZA==")] // another password
    [InlineData("Bearer", "")]
    [InlineData("Bearer", "a.b.c")]
    [InlineData("Bearer", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")]
    [InlineData("Digest", "username=alice")]
    [InlineData("Negotiate", "AAAA")]
    public async Task What_proves_nothing_is_refused(string scheme, string parameter)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, "/topics/t", $"{scheme} {parameter}");

        await PollingCase.ProblemAsync(401, answer);
    }

    [Fact]
    public async Task Two_claims_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Broker.Http("/topics/t"));
        request.Headers.TryAddWithoutValidation("Authorization", [Basic("alice", "wonderland").ToString(), Basic("bob", "builder").ToString()]);

        using HttpResponseMessage answer = await _http.SendAsync(request, Eventually.Deadline());

        await PollingCase.ProblemAsync(401, answer);
    }

    [Fact]
    public async Task Too_many_failures_are_told_to_wait()
    {
        for (int i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.Unauthorized, await CodeAsync(HttpMethod.Get, "/topics/t", Basic("bob", "wrong")));

        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, "/topics/t", Basic("bob", "builder").ToString());

        await PollingCase.ProblemAsync(429, answer);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_client_certificate_is_who_it_says_and_nobody_else()
    {
        using X509Certificate2 certificate = Authority.Issue();
        using HttpClient device = Client(certificate);
        using HttpClient nobody = Client(null);
        Uri address = new(Broker.Address("Https"), "/topics/t?retain=true");

        using HttpResponseMessage put = await device.PutAsync(address, new StringContent("1"), Eventually.Deadline());
        using HttpResponseMessage refused = await nobody.PutAsync(address, new StringContent("1"), Eventually.Deadline());
        device.DefaultRequestHeaders.Authorization = Basic("alice", "wonderland");
        using HttpResponseMessage other = await device.PutAsync(address, new StringContent("1"), Eventually.Deadline());
        device.DefaultRequestHeaders.Authorization = new("Bearer", Token("device-1"));
        using HttpResponseMessage token = await device.PutAsync(address, new StringContent("1"), Eventually.Deadline());

        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [refused.StatusCode, other.StatusCode, token.StatusCode]);
    }

    [Fact]
    public async Task Health_and_readiness_need_no_login()
    {
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(HttpMethod.Get, "/healthz", null));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(HttpMethod.Get, "/readyz", null));
    }

    private static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static HttpClient Client(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = TestCertificates.IsTestCertificate;
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        return new HttpClient(handler);
    }

    private async Task<HttpStatusCode> CodeAsync(HttpMethod method, string path, AuthenticationHeaderValue? authorization)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, authorization?.ToString());
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(method, Broker.Http(path));
        if (method != HttpMethod.Get) request.Content = new StringContent("1");
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await _http.SendAsync(request, Eventually.Deadline());
    }
}
