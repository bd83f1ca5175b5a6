using Broker.Client.Publishing;

namespace Broker.Client.Tests.Harness;

/// <summary>A disk that is full, or fails at one kind of call, as long as the test says so.</summary>
internal sealed class FaultyDisk : IOutboxDisk
{
    /// <summary>What a disk can fail at.</summary>
    public enum Fault
    {
        None,
        Write,
        HalfWrite,
        HalfWriteThatStays,
        Sync,
        Replace,
        OpenNew,
        OpenAgain,
    }

    public Fault Failing { get; set; }

    /// <summary>Whether only the file that is to take the other's place is hit.</summary>
    public bool OnlyNew { get; set; }

    /// <summary>How often it failed.</summary>
    public int Faults { get; private set; }

    public FileStream Open(string path, FileMode mode)
    {
        ThrowIf(IsNew(path) ? Fault.OpenNew : mode == FileMode.Open ? Fault.OpenAgain : Fault.None);
        return new FaultyStream(this, path, mode);
    }

    public void Replace(string from, string to)
    {
        ThrowIf(Fault.Replace);
        OutboxDisk.Instance.Replace(from, to);
    }

    public void Delete(string path) => OutboxDisk.Instance.Delete(path);

    private static bool IsNew(string path) => path.EndsWith(".new", StringComparison.Ordinal);

    private void ThrowIf(Fault fault)
    {
        if (fault == Fault.None || Failing != fault) return;
        Faults++;
        throw new IOException($"The disk fails at {fault}");
    }

    private sealed class FaultyStream(FaultyDisk disk, string path, FileMode mode) : FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0)
    {
        // A FileStream that somebody derived from writes spans by way of arrays.
        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            bool isHit = IsNew(Name) || !disk.OnlyNew;
            if (isHit && disk.Failing is Fault.HalfWrite or Fault.HalfWriteThatStays) base.Write(buffer, offset, count / 2);
            if (isHit && disk.Failing is Fault.Write or Fault.HalfWrite or Fault.HalfWriteThatStays) disk.ThrowIf(disk.Failing);
            base.Write(buffer, offset, count);
        }

        public override void SetLength(long value)
        {
            disk.ThrowIf(Fault.HalfWriteThatStays);
            base.SetLength(value);
        }

        public override void Flush(bool flushToDisk)
        {
            if (flushToDisk) disk.ThrowIf(Fault.Sync);
            base.Flush(flushToDisk);
        }
    }
}
