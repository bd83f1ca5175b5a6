namespace Broker.Crash;

/// <summary>What clients saw, and whether that is what the broker promises. Knows nothing of sockets and processes.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class History
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, long> _sent = [];
    private readonly HashSet<(int Publisher, long Number)> _acknowledged = [];
    private readonly HashSet<(int Publisher, long Number)> _refused = [];
    private readonly Dictionary<int, long> _retained = [];
    private readonly Dictionary<string, Received> _received = [];
    private readonly Dictionary<long, bool> _wills = [];
    private int _forgottenSessions;
    private int _phantoms;

    public long AcknowledgedCount
    {
        get { lock (_gate) return _acknowledged.Count; }
    }

    /// <summary>A subscriber has its SUBACK: from here on it is owed everything.</summary>
    public void Subscribed(string subscriber, bool isOnce)
    {
        lock (_gate) _received.TryAdd(subscriber, new Received(isOnce));
    }

    public void Sent(int publisher, long number)
    {
        lock (_gate) _sent[publisher] = number;
    }

    /// <summary>PUBACK or PUBREC came and said yes.</summary>
    public void Acknowledged(int publisher, long number, bool isRetained)
    {
        lock (_gate)
        {
            _acknowledged.Add((publisher, number));
            if (isRetained) _retained[publisher] = Math.Max(number, _retained.GetValueOrDefault(publisher));
        }
    }

    /// <summary>PUBACK or PUBREC came and said no.</summary>
    public void Refused(int publisher, long number)
    {
        lock (_gate) _refused.Add((publisher, number));
    }

    /// <summary>A subscriber's application got a message.</summary>
    public void Delivered(string subscriber, string topic, int publisher, long number, bool isSound)
    {
        lock (_gate)
        {
            bool wasSent = _sent.TryGetValue(publisher, out long last) && number >= 1 && number <= last;
            if (!isSound || !wasSent || _refused.Contains((publisher, number))) _phantoms++;
            else if (_received.TryGetValue(subscriber, out Received? received)) received.Add(topic, publisher, number);
        }
    }

    /// <summary>A client with a will is connected.</summary>
    public void WillLeft(long will)
    {
        lock (_gate) _wills[will] = false;
    }

    /// <summary>It went without saying so.</summary>
    public void WillDue(long will)
    {
        lock (_gate) _wills[will] = true;
    }

    public void WillDelivered(string subscriber, long will)
    {
        lock (_gate)
        {
            if (!_wills.ContainsKey(will)) _phantoms++;
            else if (_received.TryGetValue(subscriber, out Received? received)) received.Wills[will] = received.Wills.GetValueOrDefault(will) + 1;
        }
    }

    /// <summary>CONNACK said that there is no session where there has to be one.</summary>
    public void SessionForgotten()
    {
        lock (_gate) _forgottenSessions++;
    }

    /// <summary>Whether every subscriber has everything that was acknowledged.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate) return CountLost() == 0 && CountWills(out int missing) >= 0 && missing == 0;
        }
    }

    /// <summary>The verdict at the end.</summary>
    /// <param name="retained">What a new subscriber found retained, by publisher.</param>
    /// <param name="cycles">How often the broker was killed.</param>
    public Verdict Check(IReadOnlyDictionary<int, long> retained, int cycles)
    {
        lock (_gate)
        {
            return new Verdict
            {
                Acknowledged = _acknowledged.Count,
                Lost = CountLost(),
                Duplicated = _received.Values.Where(r => r.IsOnce).Sum(r => r.DuplicatesOf(publisher => publisher % 2 == 1)),
                Reordered = _received.Values.Sum(r => r.Reordered),
                Phantoms = _phantoms,
                ForgottenSessions = _forgottenSessions,
                StaleRetained = _retained.Count(expected => retained.GetValueOrDefault(expected.Key) < expected.Value),
                WillsTwice = CountWills(out int missing),
                WillsMissing = missing,
                Cycles = cycles,
            };
        }
    }

    private long CountLost() => _received.Values.Sum(received => _acknowledged.LongCount(message => !received.Has(message.Publisher, message.Number)));

    private int CountWills(out int missing)
    {
        missing = _received.Values.Sum(received => _wills.Count(will => will.Value && !received.Wills.ContainsKey(will.Key)));
        return _received.Values.Where(r => r.IsOnce).Sum(received => received.Wills.Count(will => will.Value > 1));
    }

    private sealed class Received(bool isOnce)
    {
        private readonly Dictionary<(int Publisher, long Number), int> _counts = [];
        private readonly Dictionary<(int Publisher, string Topic), long> _last = [];

        public bool IsOnce { get; } = isOnce;

        public long Reordered { get; private set; }

        public Dictionary<long, int> Wills { get; } = [];

        public void Add(string topic, int publisher, long number)
        {
            bool isFirst = !_counts.TryGetValue((publisher, number), out int count);
            _counts[(publisher, number)] = count + 1;
            if (!isFirst) return;
            if (number < _last.GetValueOrDefault((publisher, topic))) Reordered++;
            _last[(publisher, topic)] = Math.Max(number, _last.GetValueOrDefault((publisher, topic)));
        }

        public bool Has(int publisher, long number) => _counts.ContainsKey((publisher, number));

        public long DuplicatesOf(Func<int, bool> isOnce) => _counts.Where(c => isOnce(c.Key.Publisher)).Sum(c => c.Value - 1L);
    }
}
