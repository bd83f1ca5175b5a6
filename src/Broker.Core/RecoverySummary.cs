using Broker.Core.Storage;

namespace Broker.Core;

/// <summary>What is in a store.</summary>
/// <param name="Sessions">Sessions.</param>
/// <param name="Queued">Messages that wait for them or were in flight, counted once for each session.</param>
/// <param name="Retained">Retained messages.</param>
/// <param name="Bytes">Bytes of records that were read.</param>
public sealed record RecoverySummary(int Sessions, int Queued, int Retained, long Bytes)
{
    /// <summary>Reads a store without a broker.</summary>
    /// <param name="read">Gives all commits in order, as <see cref="IBrokerStore.Read"/> does.</param>
    /// <exception cref="InvalidDataException">A newer broker wrote it, or it is damaged.</exception>
    public static RecoverySummary Read(Action<Action<long, ReadOnlyMemory<byte>>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var state = new RecoveredState();
        read(state.Apply);
        return new RecoverySummary(state.Sessions.Count, state.Sessions.Values.Sum(session => session.Entries.Count), state.Retained.Count, state.Bytes);
    }
}
