namespace Broker.Host;

/// <summary>Asks a running broker whether it is well: for container images, which have no other program to ask with.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks once.</summary>
    /// <returns>0 when the answer is a success, else 1 with the reason on stderr.</returns>
    public static async Task<int> RunAsync(string url, TextWriter error)
    {
        try
        {
            // It asks its own host, by a name that the certificate need not have.
            using var handler = new HttpClientHandler { UseProxy = false };
            handler.ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator;
            using var client = new HttpClient(handler) { Timeout = _patience };
            using HttpResponseMessage answer = await client.GetAsync(new Uri(url));
            if (answer.IsSuccessStatusCode) return 0;
            await error.WriteLineAsync($"{url} answered {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or UriFormatException or NotSupportedException)
        {
            await error.WriteLineAsync($"{url} did not answer: {e.Message}");
        }

        return 1;
    }
}
