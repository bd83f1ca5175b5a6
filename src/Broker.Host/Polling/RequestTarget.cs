using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Broker.Host.Polling;

/// <summary>
/// What a request is about, read from its target as the client wrote it: the server's own path has lost empty levels' escapes,
/// dot levels, and the difference that a client may make with <c>%2F</c>.
/// </summary>
internal readonly ref struct RequestTarget
{
    private readonly ReadOnlySpan<char> _query;

    private RequestTarget(ReadOnlySpan<char> topic, ReadOnlySpan<char> query)
    {
        EncodedTopic = topic;
        _query = query;
    }

    /// <summary>Everything behind the first level of the path and its slash, still encoded.</summary>
    public ReadOnlySpan<char> EncodedTopic { get; }

    /// <summary>Takes the target apart.</summary>
    public static RequestTarget Of(HttpContext context)
    {
        // Always there with Kestrel; "http://host/path" is what proxies are asked with, and allowed.
        ReadOnlySpan<char> target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            int authority = target.IndexOf("://", StringComparison.Ordinal);
            ReadOnlySpan<char> behind = authority < 0 ? default : target[(authority + 3)..];
            int path = behind.IndexOfAny('/', '?');
            target = path < 0 ? "/" : behind[path..];
        }

        int mark = target.IndexOf('?');
        ReadOnlySpan<char> query = mark < 0 ? default : target[(mark + 1)..];
        if (mark >= 0) target = target[..mark];
        int slash = target.Length > 1 ? target[1..].IndexOf('/') : -1;
        return new RequestTarget(slash < 0 ? default : target[(slash + 2)..], query);
    }

    /// <summary>The topic in UTF-8; false where it is not well-formed.</summary>
    public bool TryGetTopic(out byte[] topic) => PercentText.TryDecode(EncodedTopic, out topic);

    /// <summary>A parameter of the query, or null; false where it is not well-formed.</summary>
    public bool TryGetText(ReadOnlySpan<char> name, out string? text)
    {
        text = null;
        foreach (Range range in _query.Split('&'))
        {
            ReadOnlySpan<char> pair = _query[range];
            int equals = pair.IndexOf('=');
            if (!(equals < 0 ? pair : pair[..equals]).SequenceEqual(name)) continue;
            if (!PercentText.TryDecode(equals < 0 ? default : pair[(equals + 1)..], out byte[] utf8)) return false;
            text = Encoding.UTF8.GetString(utf8);
            return true;
        }

        return true;
    }

    /// <summary>A whole number of the query, or the default; false where it is none or out of its range.</summary>
    public bool TryGetNumber(ReadOnlySpan<char> name, int least, int most, int byDefault, out int number)
    {
        number = byDefault;
        if (!TryGetText(name, out string? text)) return false;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }

    /// <summary>A time in seconds of the query, or null; false where it is none.</summary>
    public bool TryGetSeconds(ReadOnlySpan<char> name, out TimeSpan? time)
    {
        time = null;
        if (!TryGetText(name, out string? text)) return false;
        if (text is null) return true;
        bool isTime = Seconds.TryParse(text, out TimeSpan parsed);
        time = parsed;
        return isTime;
    }

    /// <summary>Yes or no, or the default; false where it is neither.</summary>
    public bool TryGetFlag(ReadOnlySpan<char> name, out bool flag)
    {
        flag = false;
        if (!TryGetText(name, out string? text)) return false;
        return text is null || bool.TryParse(text, out flag);
    }
}
