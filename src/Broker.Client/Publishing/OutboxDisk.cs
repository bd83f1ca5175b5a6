namespace Broker.Client.Publishing;

/// <summary>The operating system's files, unbuffered: what was written is the system's and survives this process.</summary>
internal sealed class OutboxDisk : IOutboxDisk
{
    public static OutboxDisk Instance { get; } = new();

    public FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    public void Replace(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);
}
