using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Broker.Host.Tests.Polling;

public sealed class TopicListTests : PollingCase
{
    [Fact]
    public async Task Each_topic_has_what_a_poll_of_it_says()
    {
        await PutAsync("/topics/plant/a", "grün", "text/plain");
        using HttpResponseMessage put = await SendAsync(HttpMethod.Put, "/topics/plant/b", [0xFF, 0x00]);
        using HttpResponseMessage one = await GetAsync("/topics/plant/a");

        using HttpResponseMessage answer = await GetAsync("/topics?filter=plant/%2B");
        using var list = JsonDocument.Parse(await TextAsync(answer));

        Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Headers.CacheControl!.NoStore);
        JsonElement[] topics = [.. list.RootElement.EnumerateArray().OrderBy(t => t.GetProperty("topic").GetString(), StringComparer.Ordinal)];
        Assert.Equal(["plant/a", "plant/b"], topics.Select(t => t.GetProperty("topic").GetString()));
        Assert.Equal(one.Headers.ETag!.ToString(), topics[0].GetProperty("etag").GetString());
        Assert.Equal(1, topics[0].GetProperty("version").GetInt64());
        Assert.Equal("grün", topics[0].GetProperty("text").GetString());
        Assert.Equal("text/plain", topics[0].GetProperty("contentType").GetString());
        Assert.InRange((one.Content.Headers.LastModified!.Value - topics[0].GetProperty("lastModified").GetDateTimeOffset()).TotalSeconds, -1, 0);
        Assert.Equal([0xFF, 0x00], topics[1].GetProperty("payload").GetBytesFromBase64());
        Assert.False(topics[1].TryGetProperty("text", out _));
        Assert.False(topics[1].TryGetProperty("contentType", out _));
    }

    [Theory]
    [InlineData("/topics?filter=plant/+", "plant/a b,plant/b")]
    [InlineData("/topics?filter=plant/%2B", "plant/a b,plant/b")]
    [InlineData("/topics?filter=plant/a%20b", "plant/a b")]
    [InlineData("/topics?filter=%23", "plant/a b,plant/b")]
    [InlineData("/topics", "plant/a b,plant/b")]
    [InlineData("/topics/", "plant/a b,plant/b")]
    [InlineData("/topics/?filter=other", "")]
    [InlineData("/topics?limit=1000&x=y", "plant/a b,plant/b")]
    public async Task A_plus_in_the_query_is_a_wildcard(string path, string topics)
    {
        await PutAsync("/topics/plant/a%20b", "1");
        await PutAsync("/topics/plant/b", "1");

        using HttpResponseMessage answer = await GetAsync(path);

        Assert.Equal(topics, string.Join(',', (await NamesAsync(answer)).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("filter=a%2B", "topic filter")]
    [InlineData("filter=a/%23/b", "topic filter")]
    [InlineData("filter=", "topic filter")]
    [InlineData("filter=$share/g/a", "topic filter")]
    [InlineData("filter=$changes/a", "topic filter")]
    [InlineData("filter=%ff", "filter is not well-formed")]
    [InlineData("since=yesterday", "Topics-Cursor")]
    [InlineData("since=", "Topics-Cursor")]
    [InlineData("since=%ff", "Topics-Cursor")]
    [InlineData("limit=0", "from 1 to 1000")]
    [InlineData("limit=1001", "from 1 to 1000")]
    [InlineData("limit=ten", "from 1 to 1000")]
    public async Task What_cannot_be_meant_is_a_bad_request(string query, string detail)
    {
        using HttpResponseMessage answer = await GetAsync("/topics?" + query);

        Assert.Contains(detail, await ProblemAsync(400, answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cursor_of_every_answer_leads_to_what_changed_since()
    {
        await PutAsync("/topics/a", "1");
        await PutAsync("/topics/b", "1");
        using HttpResponseMessage all = await GetAsync("/topics?filter=%23");
        string cursor = all.Headers.GetValues("Topics-Cursor").Single();
        await PutAsync("/topics/b", "2");
        await PutAsync("/topics/a", "1");

        using HttpResponseMessage changed = await GetAsync($"/topics?filter=%23&since={cursor}");
        using HttpResponseMessage nothing = await GetAsync($"/topics?filter=%23&since={changed.Headers.GetValues("Topics-Cursor").Single()}");

        Assert.Equal(["b"], await NamesAsync(changed));
        Assert.Equal(HttpStatusCode.OK, nothing.StatusCode);
        Assert.Equal("[]", await TextAsync(nothing));
        Assert.True(nothing.Headers.Contains("Topics-Cursor"));
    }

    [Fact]
    public async Task A_removed_topic_is_told_behind_the_values()
    {
        await PutAsync("/topics/a?retain=true", "1");
        await PutAsync("/topics/b", "1");
        using HttpResponseMessage all = await GetAsync("/topics?filter=%23");
        string cursor = all.Headers.GetValues("Topics-Cursor").Single();
        await PutAsync("/topics/a?retain=true", "");
        await PutAsync("/topics/b", "2");

        using HttpResponseMessage changed = await GetAsync($"/topics?filter=%23&since={cursor}");
        using var list = JsonDocument.Parse(await TextAsync(changed));

        Assert.Equal("true", all.Headers.GetValues("Topics-Full").Single());
        Assert.Equal("false", changed.Headers.GetValues("Topics-Full").Single());
        JsonElement[] entries = [.. list.RootElement.EnumerateArray()];
        Assert.Equal(["b", "a"], entries.Select(e => e.GetProperty("topic").GetString()));
        Assert.InRange((DateTimeOffset.UtcNow - entries[1].GetProperty("removed").GetDateTimeOffset()).TotalMinutes, -1, 1);
        Assert.False(entries[1].TryGetProperty("etag", out _));
    }

    [Fact]
    public async Task Pages_lead_to_each_other_by_link_until_there_is_no_more()
    {
        for (int i = 0; i < 25; i++) await PutAsync($"/topics/t/{i}", "1");
        var names = new List<string>();
        string path = "/topics?filter=t/%2B&limit=10";
        int pages = 0;
        for (bool hasMore = true; hasMore; pages++)
        {
            using HttpResponseMessage answer = await GetAsync(path);
            names.AddRange(await NamesAsync(answer));
            hasMore = answer.Headers.GetValues("Topics-More").Single() == "true";
            string link = answer.Headers.GetValues("Link").Single();
            path = link[1..link.IndexOf('>', StringComparison.Ordinal)];
        }

        Assert.Equal(3, pages);
        Assert.Equal(25, names.Distinct().Count());
    }

    [Fact]
    public async Task Who_follows_the_cursor_over_http_misses_nothing()
    {
        const int Topics = 50;
        Task publishing = Task.Run(async () =>
        {
            for (int i = 0; i < 20 * Topics; i++) await PutAsync($"/topics/t/{i % Topics}", $"{i}");
        }, TestContext.Current.CancellationToken);
        var seen = new Dictionary<string, string>();
        string path = "/topics?filter=t/%2B&limit=7";
        for (bool isLast = false; ;)
        {
            using HttpResponseMessage answer = await GetAsync(path);
            using var list = JsonDocument.Parse(await TextAsync(answer));
            foreach (JsonElement topic in list.RootElement.EnumerateArray()) seen[topic.GetProperty("topic").GetString()!] = topic.GetProperty("text").GetString()!;
            string link = answer.Headers.GetValues("Link").Single();
            path = link[1..link.IndexOf('>', StringComparison.Ordinal)];
            bool hasMore = answer.Headers.GetValues("Topics-More").Single() == "true";
            if (isLast && !hasMore) break;
            isLast |= publishing.IsCompleted;
        }

        await publishing;
        for (int i = 0; i < Topics; i++) Assert.Equal(((19 * Topics) + i).ToString(CultureInfo.InvariantCulture), seen[$"t/{i}"]);
    }

    private static async Task<List<string>> NamesAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var list = JsonDocument.Parse(await TextAsync(answer));
        return [.. list.RootElement.EnumerateArray().Select(t => t.GetProperty("topic").GetString()!)];
    }
}
