namespace Broker.Client.Publishing;

/// <summary>Where in the outbound queue's file the messages lie that are not over. Owner: <see cref="OutboxFile"/>.</summary>
internal sealed class LiveRecords
{
    private const int CopyBytes = 64 * 1024;

    private readonly Dictionary<long, Place> _places = [];

    /// <summary>How many bytes they have.</summary>
    public long Bytes { get; private set; }

    /// <summary>A message's record is in the file.</summary>
    public void Keep(long sequence, long start, int bytes)
    {
        Forget(sequence);
        _places[sequence] = new Place(start, bytes, false);
        Bytes += bytes;
    }

    /// <summary>QoS 2: the broker has it.</summary>
    /// <returns>Whether there is such a message.</returns>
    public bool Receive(long sequence)
    {
        if (!_places.TryGetValue(sequence, out Place place)) return false;
        _places[sequence] = place with { IsReceived = true };
        return true;
    }

    /// <summary>It is over.</summary>
    public void Forget(long sequence)
    {
        if (_places.Remove(sequence, out Place place)) Bytes -= place.Bytes;
    }

    /// <summary>Copies them, in order, into a file of their own, down to the disk. They stay where they are until <see cref="MoveTo"/>.</summary>
    /// <param name="source">The file.</param>
    /// <param name="target">An empty one.</param>
    /// <param name="received">Writes the mark of a message that the broker has.</param>
    /// <returns>Where they begin there, in the same order.</returns>
    public IReadOnlyList<(long Sequence, long Start)> Copy(Stream source, FileStream target, Action<Stream, long> received)
    {
        var starts = new List<(long, long)>(_places.Count);
        var buffer = new BufferedStream(target, CopyBytes); // the caller closes what is below
        OutboxReader.WriteHeader(buffer);
        var record = new byte[CopyBytes];
        foreach ((long sequence, Place place) in _places.OrderBy(pair => pair.Key))
        {
            if (record.Length < place.Bytes) record = new byte[place.Bytes];
            source.Position = place.Start;
            source.ReadExactly(record, 0, place.Bytes);
            starts.Add((sequence, buffer.Position));
            buffer.Write(record, 0, place.Bytes);
            if (place.IsReceived) received(buffer, sequence);
        }

        buffer.Flush();
        target.Flush(flushToDisk: true); // else a loss of power could leave a name without its bytes, and cost the whole queue
        return starts;
    }

    /// <summary>The copy has taken the file's place.</summary>
    public void MoveTo(IReadOnlyList<(long Sequence, long Start)> starts)
    {
        foreach ((long sequence, long start) in starts) _places[sequence] = _places[sequence] with { Start = start };
    }

    private readonly record struct Place(long Start, int Bytes, bool IsReceived);
}
