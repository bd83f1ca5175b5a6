using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Broker.Storage;

/// <summary>The database file of a store: who may open it, how it is laid out, and which format it has.</summary>
internal static class SqliteFile
{
    /// <summary>A small commit takes one page, a large one few: measured best together (see docs/decisions/0021).</summary>
    public const int PageBytes = 16_384;

    private const int CheckpointPages = 512;

    // In the database's header: whether every commit of it was synced before the next began.
    private const uint AlwaysSynced = 0x6D717474;
    private const uint NotAlwaysSynced = 0x6D717477;
    private const int ApplicationIdOffset = 68;

    /// <summary>Keeps other brokers away until it is disposed.</summary>
    public static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "broker.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new StoreException($"The store in {folder} is in use by another broker: {e.Message}", e);
        }
    }

    /// <summary>Opens the database of a folder.</summary>
    public static SqliteConnection Open(string folder, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, SqliteLog.FileName), Mode = mode, Pooling = false };
        var connection = new SqliteConnection(text.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>Whether all of its commits were synced, as far as its header says.</summary>
    public static bool WasAlwaysSynced(string database)
    {
        if (!File.Exists(database)) return false;
        using FileStream stream = File.OpenRead(database);
        Span<byte> id = stackalloc byte[sizeof(uint)];
        stream.Position = ApplicationIdOffset;
        return stream.ReadAtLeast(id, id.Length, throwOnEndOfStream: false) == id.Length && BinaryPrimitives.ReadUInt32BigEndian(id) == AlwaysSynced;
    }

    /// <summary>Lays it out, or finds it laid out, and brings what is in its write-ahead log into it.</summary>
    public static void Prepare(SqliteConnection connection, string folder, bool alwaysSyncs)
    {
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA page_size={PageBytes}"));
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA wal_autocheckpoint={CheckpointPages}"));
        int version = (int)Number(connection, "PRAGMA user_version");
        if (version > SqliteLog.FormatVersion)
        {
            throw new StoreException(
                $"The store {Path.Combine(folder, SqliteLog.FileName)} has format {version}; this broker knows formats up to {SqliteLog.FormatVersion}. Start the newer broker that wrote it.");
        }

        Execute(connection, "CREATE TABLE IF NOT EXISTS commits(id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, records BLOB NOT NULL)");
        if (version == 0) Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={SqliteLog.FormatVersion}"));

        uint id = alwaysSyncs ? AlwaysSynced : NotAlwaysSynced;
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id={id}"));

        // A sync that failed in an earlier run may have left pages that only look as if they were on the disk: all are written anew.
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>Executes a statement.</summary>
    public static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    /// <summary>The one number that a query gives.</summary>
    public static long Number(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
