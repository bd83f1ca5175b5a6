using System.Net;
using System.Net.Sockets;

namespace Broker.Host.Security;

/// <summary>
/// Bounds how often somebody may fail: a number of attempts at once and as many a minute, for each address, and fewer for one
/// name from one address. An attempt counts until it has succeeded, so that attempts side by side are bounded alike.
/// </summary>
/// <remarks>
/// Threading: any thread. A name alone is never locked: anybody could then lock anybody out. IPv6 counts by its /64, which is
/// what one customer gets.
/// </remarks>
internal sealed class AttemptLimiter(int perAddress, int perUser, TimeProvider time)
{
    /// <summary>How many addresses and names are remembered; past it those that have no failures left to forget go first.</summary>
    public const int MaxRemembered = 100_000;

    private const int Ipv6Prefix = 8;
    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Bucket> _buckets = [];
    private int _perAddress = perAddress;
    private int _perUser = perUser;

    /// <summary>How many addresses and names are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _buckets.Count;
        }
    }

    /// <summary>Puts other bounds in force; who failed before them has no more left than they leave.</summary>
    public void Use(int perAddress, int perUser)
    {
        lock (_gate) (_perAddress, _perUser) = (perAddress, perUser);
    }

    /// <summary>Counts an attempt; null where there were too many failures.</summary>
    /// <param name="remote">Where it comes from.</param>
    /// <param name="user">Whom it claims to be; null where that is not known yet.</param>
    public Attempt? TryBegin(EndPoint? remote, string? user)
    {
        UInt128 address = AddressOf(remote);
        var all = new Key(address, "");
        Key? one = user is null ? null : new Key(address, user);
        long now = time.GetTimestamp();
        lock (_gate)
        {
            if (_buckets.Count >= MaxRemembered - 1) Forget(now);
            if (Level(all, _perAddress, now) < 1 || (one is { } named && Level(named, _perUser, now) < 1)) return null;
            Change(all, _perAddress, now, -1);
            if (one is { } counted) Change(counted, _perUser, now, -1);
        }

        return new Attempt(this, all, one);
    }

    /// <summary>The attempt does not count: it succeeded, or nobody looked at it.</summary>
    private void Undo(Attempt attempt)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            Change(attempt.Address, _perAddress, now, 1);
            if (attempt.User is { } user) Change(user, _perUser, now, 1);
        }
    }

    private static UInt128 AddressOf(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address }) return 0;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        UInt128 key = 0;
        int significant = address.AddressFamily == AddressFamily.InterNetworkV6 ? Ipv6Prefix : length;
        for (int i = 0; i < significant; i++) key = (key << 8) | bytes[i];
        return key | ((UInt128)(uint)address.AddressFamily << 64);
    }

    // What is left now: it fills up in a minute.
    private double Level(Key key, int most, long now)
    {
        if (!_buckets.TryGetValue(key, out Bucket bucket)) return most;
        return Math.Min(most, bucket.Left + (time.GetElapsedTime(bucket.At, now).TotalMinutes * most));
    }

    private void Change(Key key, int most, long now, int by)
    {
        double left = Math.Min(most, Level(key, most, now) + by);
        if (left >= most) _buckets.Remove(key);
        else _buckets[key] = new Bucket(left, now);
    }

    private void Forget(long now)
    {
        foreach (Key key in _buckets.Keys.Where(key => Level(key, MostOf(key), now) >= MostOf(key)).ToArray()) _buckets.Remove(key);

        // Somebody has as many addresses as that; remembering them holds him up no longer.
        if (_buckets.Count >= MaxRemembered - 1) _buckets.Clear();
    }

    private int MostOf(Key key) => key.User.Length == 0 ? _perAddress : _perUser;

    /// <summary>An attempt under way.</summary>
    internal sealed class Attempt
    {
        private readonly AttemptLimiter _limiter;

        internal Attempt(AttemptLimiter limiter, Key address, Key? user)
        {
            _limiter = limiter;
            Address = address;
            User = user;
        }

        internal Key Address { get; }

        internal Key? User { get; }

        /// <summary>It succeeded, or nobody looked at it: it counts no more.</summary>
        public void Forgive() => _limiter.Undo(this);
    }

    /// <summary>An address, or a name at an address.</summary>
    internal readonly record struct Key(UInt128 Address, string User);

    private readonly record struct Bucket(double Left, long At);
}
