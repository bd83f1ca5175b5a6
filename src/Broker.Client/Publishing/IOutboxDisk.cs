namespace Broker.Client.Publishing;

/// <summary>Where the outbound queue's file lies. The tests put a disk in its place that is full or fails.</summary>
internal interface IOutboxDisk
{
    /// <summary>Opens a file that nobody else opens meanwhile.</summary>
    FileStream Open(string path, FileMode mode);

    /// <summary>Puts a closed file in another's place, at once or not at all.</summary>
    void Replace(string from, string to);

    /// <summary>Deletes a file, if it is there.</summary>
    void Delete(string path);
}
