using Broker.Core.Limits;
using Broker.Core.Topics;

namespace Broker.Core.Connections;

/// <summary>Topics and filters of tenants' clients as the core has them: below the tenant's name.</summary>
/// <remarks>Threading: any thread; what comes back lies in memory of the thread, until the next is mounted on it.</remarks>
internal static class MountedTopic
{
    private const int MostLevels = 128; // walks through the trees are built for no more

    [ThreadStatic]
    private static byte[]? _buffer;

    /// <summary>Whether the full form is not too long for a packet, and not too deep.</summary>
    public static bool Fits(Tenant tenant, ReadOnlySpan<byte> topic) => topic.Length + tenant.PrefixBytes <= ushort.MaxValue && TopicName.LevelCount(topic) < MostLevels;

    /// <summary>The full topic.</summary>
    public static ReadOnlySpan<byte> Of(Tenant tenant, ReadOnlySpan<byte> topic)
    {
        byte[] buffer = Buffer(topic.Length + tenant.PrefixBytes);
        return buffer.AsSpan(0, tenant.Mount(topic, buffer));
    }

    /// <summary>The full filter: share name and <c>$changes/</c> stay before it.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="utf8">The filter as the client wrote it; not empty.</param>
    public static ReadOnlySpan<byte> OfFilter(Tenant tenant, ReadOnlySpan<byte> utf8)
    {
        if (TopicFilter.TryParse(utf8, int.MaxValue, int.MaxValue, out TopicFilter filter) != TopicFault.None) return utf8; // it is refused, or matches none
        int head = utf8.Length - filter.Filter.Length;
        byte[] buffer = Buffer(utf8.Length + tenant.PrefixBytes);
        utf8[..head].CopyTo(buffer);
        return buffer.AsSpan(0, head + tenant.Mount(filter.Filter, buffer.AsSpan(head)));
    }

    private static byte[] Buffer(int bytes)
    {
        byte[] buffer = _buffer ??= new byte[1_024];
        return bytes <= buffer.Length ? buffer : _buffer = new byte[bytes];
    }
}
