using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Broker.Host.Configuration;

/// <summary>Where an endpoint listens, taken apart.</summary>
/// <param name="Scheme">mqtt, mqtts, http or https.</param>
/// <param name="Host">An IP address, <c>localhost</c> or <c>*</c>.</param>
/// <param name="Port">0 for any free port.</param>
internal sealed record EndpointUrl(string Scheme, string Host, int Port)
{
    /// <summary>What a url may be, for messages.</summary>
    public const string Allowed =
        "allowed is mqtt://, mqtts://, http:// or https:// followed by host:port, where the host is an IP address, localhost or *, "
        + "and the port is from 0 (any free one) to 65535";

    private static readonly Dictionary<string, int> _defaultPorts = new(StringComparer.Ordinal)
    {
        ["mqtt"] = 1883,
        ["mqtts"] = 8883,
        ["http"] = 80,
        ["https"] = 443,
    };

    /// <summary>Whether Kestrel serves it.</summary>
    public bool IsHttp => Scheme is "http" or "https";

    /// <summary>Whether it needs a certificate.</summary>
    public bool IsEncrypted => Scheme is "mqtts" or "https";

    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLoopback => Addresses.All(IPAddress.IsLoopback);

    /// <summary>The addresses to bind; <c>localhost</c> has two, and <c>*</c> is one that takes both families.</summary>
    public IReadOnlyList<IPAddress> Addresses => Host switch
    {
        "localhost" => Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback],
        "*" => Socket.OSSupportsIPv6 ? [IPAddress.IPv6Any] : [IPAddress.Any],
        _ => [IPAddress.Parse(Host.Trim('[', ']'))],
    };

    /// <summary>Takes a url apart; false where it is none that can be listened on.</summary>
    public static bool TryParse(string text, out EndpointUrl url)
    {
        url = new EndpointUrl("", "", 0);
        int schemeEnd = text.IndexOf("://", StringComparison.Ordinal);
        if (schemeEnd < 0) return false;
        string scheme = text[..schemeEnd].ToLowerInvariant();
        string authority = text[(schemeEnd + 3)..];
        if (authority.EndsWith('/')) authority = authority[..^1];
        if (!_defaultPorts.TryGetValue(scheme, out int port)) return false;

        // The colons of an IPv6 address are inside brackets; the port's is behind them.
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon > authority.LastIndexOf(']');
        if (hasPort && !int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)) return false;
        string host = (hasPort ? authority[..colon] : authority).ToLowerInvariant();
        if (port > 65_535 || !IsHost(host)) return false;
        url = new EndpointUrl(scheme, host, port);
        return true;
    }

    /// <summary>Whether both would claim the same port of the same address.</summary>
    public bool Overlaps(EndpointUrl other) =>
        Port != 0 && Port == other.Port && Addresses.Any(mine => other.Addresses.Any(theirs => Overlap(mine, theirs)));

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}://{Host}:{Port}";

    private static bool IsHost(string host)
    {
        if (host is "localhost" or "*") return true;
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address)) return false;

        // "1" and "127.1" are addresses to the parser, but not what anybody wants to read in a configuration.
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? bracketed : !bracketed && host.Count(letter => letter == '.') == 3;
    }

    private static bool Overlap(IPAddress a, IPAddress b) =>
        a.Equals(b) || a.Equals(IPAddress.IPv6Any) || b.Equals(IPAddress.IPv6Any)
        || (a.AddressFamily == b.AddressFamily && (a.Equals(IPAddress.Any) || b.Equals(IPAddress.Any)));
}
