using System.Numerics;
using Broker.Core.ChangeDetection;

namespace Broker.Core.Sessions;

/// <summary>The records of a ledger, by topic. A few that are not used any more are kept, so that steady traffic allocates nothing.</summary>
/// <remarks>Threading: none of its own; under the lock of the ledger's owner.</remarks>
internal sealed class ChangeRecords(ChangeLedger ledger)
{
    // Whenever there are that many records, or twice as many and so on, those of topics that the broker forgot are thrown out.
    private const int RecordsBeforeCleaning = 64;

    private const int Idle = 64;

    private readonly Dictionary<TopicState, ChangeRecord> _records = [];
    private readonly Stack<ChangeRecord> _idle = new();

    /// <summary>All of them; none may be added or removed meanwhile.</summary>
    public Dictionary<TopicState, ChangeRecord>.ValueCollection All => _records.Values;

    /// <summary>All of them as they are now.</summary>
    public ChangeRecord[] ToArray() => [.. _records.Values];

    /// <summary>The record of a topic, or null.</summary>
    public ChangeRecord? Find(TopicState topic) => _records.GetValueOrDefault(topic);

    /// <summary>A new record of a topic that has none.</summary>
    public ChangeRecord Add(TopicState topic, in SentValue sent)
    {
        if (_records.Count >= RecordsBeforeCleaning && BitOperations.IsPow2(_records.Count)) RemoveForgotten();
        ChangeRecord record = _idle.TryPop(out ChangeRecord? used) ? used : new ChangeRecord();
        record.Ledger = ledger;
        record.Topic = topic;
        record.Sent = sent;
        _records.Add(topic, record);
        return record;
    }

    /// <summary>A record is not needed any more.</summary>
    public void Remove(ChangeRecord record)
    {
        _records.Remove(record.Topic);
        if (_idle.Count >= Idle || record.HasValues) return;
        record.Sent = default;
        record.WasSent = record.IsOwed = false;
        record.Topic = null!; // it is set when the record is used again
        _idle.Push(record);
    }

    private void RemoveForgotten()
    {
        foreach (ChangeRecord record in ToArray())
        {
            if (record.Topic.IsForgotten && !record.HasValues) Remove(record);
        }
    }
}
