using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Broker.Storage;

/// <summary>What is said of a store that cannot be used, and what can be done about it.</summary>
internal static class StoreFaults
{
    /// <summary>The fault of a damaged store, with what can be done about it.</summary>
    public static StoreException Damaged(string folder, string fault, Exception? cause = null)
    {
        string text = $"The store {Path.Combine(folder, SqliteLog.FileName)} is damaged, and the broker does not start with a part of it: {fault}. "
            + $"Nothing was changed. Copy the folder first; 'Broker.Host store export --path {folder} --salvage --to saved' then saves what can be read.";
        return cause is null ? new StoreException(text) : new StoreException(text, cause);
    }

    /// <summary>The fault of a file that cannot be opened.</summary>
    /// <remarks>What the file says of itself is damage; anything else is the disk's or the system's word, and the file may be sound.</remarks>
    public static StoreException Faulty(string folder, SqliteException fault)
    {
        bool isDamage = fault.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;
        return isDamage ? Damaged(folder, fault.Message, fault) : new StoreException($"The store {Path.Combine(folder, SqliteLog.FileName)} cannot be opened: {fault.Message}", fault);
    }
}
