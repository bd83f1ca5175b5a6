using System.ComponentModel;
using System.Diagnostics;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Polling;

/// <summary>What docs/polling.md shows, with the program that everybody has.</summary>
public sealed class CurlTests : PollingCase
{
    [Fact]
    public async Task Put_get_not_modified_and_a_long_poll()
    {
        string url = Broker.Http("/topics/plant/line1/temp").ToString();

        string put = await CurlAsync("-si", "-X", "PUT", "-H", "Content-Type: text/plain", "--data-binary", "21.5", url + "?retain=true&qos=1");
        string first = await CurlAsync("-si", url);
        string tag = first.Split('\n').Single(line => line.StartsWith("ETag:", StringComparison.Ordinal))[5..].Trim();
        string same = await CurlAsync("-si", "-H", $"If-None-Match: {tag}", url);
        Task<string> poll = CurlAsync("-si", "-H", $"If-None-Match: {tag}", url + "?wait=20");
        await Eventually.Until("curl waits", async () => await Broker.WaitingPollsAsync() == 1);
        await PutAsync("/topics/plant/line1/temp", "22");
        string changed = await poll;
        string list = await CurlAsync("-s", "-G", "--data-urlencode", "filter=plant/+/temp", Broker.Http("/topics").ToString());

        Assert.StartsWith("HTTP/1.1 204 ", put, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", first, StringComparison.Ordinal);
        Assert.EndsWith("21.5", first, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 304 ", same, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", changed, StringComparison.Ordinal);
        Assert.EndsWith("22", changed, StringComparison.Ordinal);
        Assert.Contains("\"text\":\"22\"", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_2_with_prior_knowledge()
    {
        await PutAsync("/topics/t", "1");

        string answer = await CurlAsync("-si", "--http2-prior-knowledge", Broker.Http("/topics/t").ToString());

        Assert.StartsWith("HTTP/2 200", answer, StringComparison.Ordinal);
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo("curl", arguments) { RedirectStandardOutput = true })!; // it throws where it does not start
        }
        catch (Win32Exception e)
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"CI must have curl: {e.Message}");
            Assert.Skip("curl is not here");
            throw;
        }

        using (process)
        {
            string output = await process.StandardOutput.ReadToEndAsync(Eventually.Deadline());
            await process.WaitForExitAsync(Eventually.Deadline());
            return output;
        }
    }
}
