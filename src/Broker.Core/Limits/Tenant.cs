using System.Text;

namespace Broker.Core.Limits;

/// <summary>
/// A part of the broker that some clients have for themselves. In the core every topic is the full one; the edge of a tenant's connection
/// mounts what comes in below the tenant's name, and takes that off what goes out: <c>a/b</c> is <c>acme/a/b</c>, and <c>$x/a</c> is
/// <c>$x/acme/a</c>, so that wildcards at the first level go on passing over it.
/// </summary>
/// <remarks>Threading: immutable but for its budget.</remarks>
public sealed class Tenant
{
    private readonly byte[] _prefix;

    internal Tenant(TenantOptions options, Budget budget)
    {
        Name = options.Name;
        Budget = budget;
        _prefix = Encoding.UTF8.GetBytes(options.Name + "/");
    }

    /// <summary>Its name, which is a level of every full topic.</summary>
    public string Name { get; }

    /// <summary>How many bytes a full topic has more.</summary>
    public int PrefixBytes => _prefix.Length;

    /// <summary>What its clients use together.</summary>
    internal Budget Budget { get; }

    /// <summary>The full client identifier of one of its clients: sessions of two tenants never meet.</summary>
    internal string Mount(string clientId) => $"{Name}/{clientId}";

    /// <summary>Writes the full name of a topic, or the full form of a filter without share name and <c>$changes/</c>; returns its length.</summary>
    /// <param name="topic">As the client says it; not empty.</param>
    /// <param name="full">Where to; <see cref="PrefixBytes"/> longer.</param>
    internal int Mount(ReadOnlySpan<byte> topic, Span<byte> full)
    {
        int head = HeadOf(topic);
        if (head > topic.Length) // "$x" alone becomes "$x/acme"
        {
            topic.CopyTo(full);
            full[topic.Length] = (byte)'/';
            _prefix.AsSpan(0, _prefix.Length - 1).CopyTo(full[head..]);
        }
        else
        {
            topic[..head].CopyTo(full);
            _prefix.CopyTo(full[head..]);
            topic[head..].CopyTo(full[(head + _prefix.Length)..]);
        }

        return topic.Length + _prefix.Length;
    }

    /// <summary>The full name of a topic in memory of its own.</summary>
    internal byte[] MountCopy(ReadOnlySpan<byte> topic)
    {
        var full = new byte[topic.Length + _prefix.Length];
        Mount(topic, full);
        return full;
    }

    /// <summary>Whether a full topic is one of this tenant's.</summary>
    internal bool Holds(ReadOnlySpan<byte> full)
    {
        int head = HeadOf(full);
        if (head > full.Length) return false;
        ReadOnlySpan<byte> rest = full[head..];
        if (head > 0 && rest.SequenceEqual(_prefix.AsSpan(0, _prefix.Length - 1))) return true;
        bool isBelow = rest.StartsWith(_prefix);
        return isBelow && (head > 0 || (rest.Length > _prefix.Length && rest[_prefix.Length] != (byte)'$')); // "$" behind the prefix is nobody's
    }

    /// <summary>Writes a full topic as the client knows it; returns its length.</summary>
    /// <param name="full">A topic that this tenant holds.</param>
    /// <param name="topic">Where to; <see cref="PrefixBytes"/> less.</param>
    internal int Unmount(ReadOnlySpan<byte> full, Span<byte> topic)
    {
        int head = HeadOf(full);
        int length = full.Length - _prefix.Length;
        if (head > length)
        {
            full[..length].CopyTo(topic); // "$x/acme" is "$x"
            return length;
        }

        full[..head].CopyTo(topic);
        full[(head + _prefix.Length)..].CopyTo(topic[head..]);
        return length;
    }

    /// <summary>A full topic as the client knows it, in memory of its own.</summary>
    internal byte[] UnmountCopy(ReadOnlySpan<byte> full)
    {
        var topic = new byte[full.Length - _prefix.Length];
        Unmount(full, topic);
        return topic;
    }

    /// <summary>Where the prefix stands: behind the first level where that begins with "$".</summary>
    private static int HeadOf(ReadOnlySpan<byte> topic)
    {
        if (topic.IsEmpty || topic[0] != (byte)'$') return 0;
        int end = topic.IndexOf((byte)'/');
        return (end < 0 ? topic.Length : end) + 1;
    }
}
