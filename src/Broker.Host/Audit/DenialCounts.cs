using System.Text;
using Broker.Core.Security;

namespace Broker.Host.Audit;

/// <summary>Denials by principal and action, counted until they are written as one line each.</summary>
/// <remarks>Threading: any thread; its lock is held for a moment.</remarks>
internal sealed class DenialCounts
{
    /// <summary>Principals and actions that are told apart in one window; the rest is counted together.</summary>
    public const int Most = 1_024;

    private readonly Lock _gate = new();
    private Dictionary<(Principal Principal, AccessAction Action), Row> _rows = [];
    private long _others;

    /// <summary>Counts one.</summary>
    public void Add(in AccessRequest request)
    {
        lock (_gate)
        {
            (Principal Principal, AccessAction Action) key = (request.Subject.Principal, request.Action);
            if (_rows.TryGetValue(key, out Row? row)) row.Count++;
            else if (_rows.Count < Most) _rows.Add(key, new Row(request.Subject, Encoding.UTF8.GetString(request.Topic)));
            else _others++;
        }
    }

    /// <summary>What was counted, one entry a line; from now on it counts from the beginning.</summary>
    public IEnumerable<AuditEntry> Take(DateTimeOffset now)
    {
        Dictionary<(Principal Principal, AccessAction Action), Row> rows;
        long others;
        lock (_gate)
        {
            (rows, others) = (_rows, _others);
            if (rows.Count > 0) _rows = [];
            _others = 0;
        }

        foreach (((Principal principal, AccessAction action), Row row) in rows)
        {
            yield return new AuditEntry("denied")
            {
                Time = now,
                Principal = principal.ToString(),
                ClientId = row.Subject.ClientId,
                Listener = row.Subject.Connection?.Endpoint,
                Address = row.Subject.Connection?.Remote?.ToString(),
                Action = action.ToString().ToLowerInvariant(),
                Topic = row.Topic,
                Count = row.Count,
            };
        }

        if (others > 0) yield return new AuditEntry("denied") { Time = now, Detail = $"further principals, beyond {Most} in one window", Count = others };
    }

    private sealed class Row(AccessSubject subject, string topic)
    {
        public AccessSubject Subject { get; } = subject;

        public string Topic { get; } = topic;

        public long Count { get; set; } = 1;
    }
}
