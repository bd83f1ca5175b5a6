using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Conformance.Tests.Subscribe;

/// <summary>What MQTT says that clients get, by the letter and without any index: the other side of the broker in <see cref="BrokerModelTests"/>.</summary>
internal sealed class BrokerModel(int clients)
{
    private readonly Dictionary<string, (SubscribeFilter Filter, uint Identifier)>[] _subscriptions =
        [.. Enumerable.Range(0, clients).Select(_ => new Dictionary<string, (SubscribeFilter, uint)>())];

    private readonly Dictionary<string, (string Text, QualityOfService Qos, int Publisher)> _retained = [];

    public int SubscriptionCount => _subscriptions.Sum(s => s.Count);

    public int RetainedCount => _retained.Count;

    /// <summary>Subscribes, and returns what is replayed.</summary>
    public List<string> Subscribe(int client, SubscribeFilter filter, uint identifier)
    {
        bool isNew = !_subscriptions[client].ContainsKey(filter.Filter);
        _subscriptions[client][filter.Filter] = (filter, identifier);
        bool isReplayed = !filter.Filter.StartsWith("$share/", StringComparison.Ordinal)
            && (filter.RetainHandling == RetainHandling.Send || (filter.RetainHandling == RetainHandling.SendIfNew && isNew));
        if (!isReplayed) return [];
        return
        [
            .. _retained.Where(r => Matches(filter.Filter, r.Key) && !(filter.NoLocal && r.Value.Publisher == client))
                .Select(r => Line(r.Key, r.Value.Text, Min(r.Value.Qos, filter.Qos), true, [identifier])),
        ];
    }

    /// <summary>Unsubscribes; whether there was something to end.</summary>
    public bool Unsubscribe(int client, string filter) => _subscriptions[client].Remove(filter);

    /// <summary>Ends everything of a client.</summary>
    public void End(int client) => _subscriptions[client].Clear();

    /// <summary>Publishes: what each client gets for its own subscriptions, and what one member of each shared group gets.</summary>
    public (List<string>[] Own, List<(int Client, string Line)[]> Shared) Publish(int publisher, string topic, string text, QualityOfService qos, bool retain)
    {
        if (retain && text.Length == 0) _retained.Remove(topic);
        else if (retain) _retained[topic] = (text, qos, publisher);

        var own = new List<string>[clients];
        Dictionary<string, List<(int, string)>> groups = [];
        for (int client = 0; client < clients; client++)
        {
            own[client] = [];
            List<(SubscribeFilter Filter, uint Identifier)> matching = [];
            foreach ((SubscribeFilter filter, uint identifier) in _subscriptions[client].Values)
            {
                if (TrySplitShared(filter.Filter, out string inner))
                {
                    if (!Matches(inner, topic)) continue;
                    string line = Line(topic, text, Min(qos, filter.Qos), retain && filter.RetainAsPublished, [identifier]);
                    if (!groups.TryGetValue(filter.Filter, out List<(int, string)>? members)) groups[filter.Filter] = members = [];
                    members.Add((client, line));
                }
                else if (Matches(filter.Filter, topic) && !(filter.NoLocal && publisher == client))
                {
                    matching.Add((filter, identifier));
                }
            }

            if (matching.Count == 0) continue;
            QualityOfService highest = matching.Max(m => m.Filter.Qos);
            bool isRetained = retain && matching.Any(m => m.Filter.RetainAsPublished);
            own[client].Add(Line(topic, text, Min(qos, highest), isRetained, [.. matching.Select(m => m.Identifier)]));
        }

        return (own, [.. groups.Values.Select(members => members.ToArray())]);
    }

    /// <summary>4.7, level by level.</summary>
    public static bool Matches(string filter, string topic)
    {
        string[] f = filter.Split('/');
        string[] t = topic.Split('/');
        if (t[0].StartsWith('$') && (f[0] is "+" or "#")) return false;
        for (int i = 0; i < f.Length; i++)
        {
            if (f[i] == "#") return true;
            if (i == t.Length || (f[i] != "+" && f[i] != t[i])) return false;
        }

        return f.Length == t.Length;
    }

    private static bool TrySplitShared(string filter, out string inner)
    {
        bool isShared = filter.StartsWith("$share/", StringComparison.Ordinal);
        inner = isShared ? filter.Split('/', 3)[2] : filter;
        return isShared;
    }

    private static QualityOfService Min(QualityOfService one, QualityOfService two) => one < two ? one : two;

    private static string Line(string topic, string text, QualityOfService qos, bool retain, uint[] identifiers)
    {
        string line = $"{topic}={text} q{(int)qos}";
        if (retain) line += " retained";
        uint[] named = [.. identifiers.Where(id => id != 0).Distinct().Order()];
        return named.Length == 0 ? line : $"{line} #{string.Join(',', named)}";
    }
}
