using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Broker.Storage;

/// <summary>
/// The log in an SQLite database (<c>broker.db</c> with its write-ahead log beside it): one row for each commit, with all of its
/// records in one blob. The engine makes a row atomic, checks what its syncs say, and any <c>sqlite3</c> can open the file.
/// </summary>
/// <remarks>Threading: one thread at a time. Owner: <see cref="GroupCommitStore"/>, or a command on the command line.</remarks>
public sealed class SqliteLog : ICommitLog
{
    /// <summary>The name of the database inside the store's folder.</summary>
    public const string FileName = "broker.db";

    /// <summary>The version of the format that this broker writes; it reads all up to this one.</summary>
    public const int FormatVersion = 1;

    // A small commit takes one page, a large one few: measured best together (see docs/decisions/0021).
    private const int PageBytes = 16_384;
    private const int CheckpointPages = 512;
    private const int RowsPerTrim = 32;

    // In the database's header: whether every commit of it was synced before the next began.
    private const uint AlwaysSynced = 0x6D717474;
    private const uint NotAlwaysSynced = 0x6D717477;
    private const int ApplicationIdOffset = 68;

    private readonly FileStream? _lock;
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _insert;
    private readonly sqlite3_stmt _delete;
    private readonly bool _alwaysSyncs;
    private bool _syncs = true;

    private SqliteLog(string folder, FileStream? exclusive, SqliteConnection connection, bool alwaysSyncs)
    {
        _alwaysSyncs = alwaysSyncs;
        Folder = folder;
        _lock = exclusive;
        _connection = connection;
        _insert = Prepare("INSERT INTO commits(id, crc, records) VALUES(?1, ?2, ?3)");
        _delete = Prepare("DELETE FROM commits WHERE id < ?1 AND id IN (SELECT id FROM commits ORDER BY id LIMIT ?2)");
        LastCommit = Number("SELECT coalesce(max(id), 0) FROM commits");
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public long LastCommit { get; private set; }

    /// <inheritdoc/>
    public long SizeBytes => new[] { Database, Database + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);

    private string Database => Path.Combine(Folder, FileName);

    /// <summary>Opens the store of a folder for a broker, or makes one; nobody else can do so until it is disposed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="alwaysSyncs">
    /// Whether every commit is synced, asked for or not: then a damaged log can be told from a tail that a loss of power cut off.
    /// </param>
    /// <exception cref="StoreException">It is in use, damaged, newer than this broker, or the disk refuses.</exception>
    public static SqliteLog Open(string folder, bool alwaysSyncs)
    {
        FileStream? exclusive = null;
        try
        {
            Directory.CreateDirectory(folder);
            exclusive = Lock(folder);
            if (WasAlwaysSynced(Path.Combine(folder, FileName))) WalCheck.Run(Path.Combine(folder, FileName));
            SqliteConnection connection = Connect(folder, SqliteOpenMode.ReadWriteCreate);
            try
            {
                Prepare(connection, folder, alwaysSyncs);
                return new SqliteLog(folder, exclusive, connection, alwaysSyncs);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            exclusive?.Dispose();
            throw Faulty(folder, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            exclusive?.Dispose();
            throw e is StoreException ? e : new StoreException($"The store in {folder} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Opens the store of a folder for reading, also while a broker uses it.</summary>
    /// <exception cref="StoreException">There is none, or it is damaged.</exception>
    public static SqliteLog OpenForReading(string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName))) throw new StoreException($"There is no store in {folder}: {FileName} is not there");
        try
        {
            return new SqliteLog(folder, null, Connect(folder, SqliteOpenMode.ReadOnly), alwaysSyncs: true);
        }
        catch (SqliteException e)
        {
            throw Faulty(folder, e);
        }
    }

    /// <inheritdoc/>
    public void Read(Action<long, ReadOnlyMemory<byte>> commit) => Read(commit, damaged: null);

    /// <summary>Gives all commits in order; what is damaged is left out and told, if <paramref name="damaged"/> is given.</summary>
    public void Read(Action<long, ReadOnlyMemory<byte>> commit, Action<string>? damaged)
    {
        long previous = 0;
        try
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = "SELECT id, crc, records FROM commits ORDER BY id";
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                long id = reader.GetInt64(0);
                var records = (byte[])reader.GetValue(2);
                string? fault = previous != 0 && id != previous + 1 ? $"commits {previous + 1} to {id - 1} are missing"
                    : Checksum.Of(records) != (uint)reader.GetInt64(1) ? $"the checksum of commit {id} does not fit its content"
                    : null;
                if (fault is not null && damaged is null) throw Damaged(Folder, fault);
                if (fault is not null) damaged!(fault);
                previous = id;
                if (fault is null || !fault.Contains("checksum", StringComparison.Ordinal)) commit(id, records);
            }
        }
        catch (SqliteException e)
        {
            if (damaged is null) throw Damaged(Folder, $"after commit {previous}: {e.Message}", e);
            damaged($"after commit {previous}: {e.Message}");
        }
        catch (InvalidDataException e)
        {
            throw Damaged(Folder, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Write(long commit, ReadOnlySpan<byte> records, bool sync)
    {
        Sync(sync);
        raw.sqlite3_bind_int64(_insert, 1, commit);
        raw.sqlite3_bind_int64(_insert, 2, Checksum.Of(records));
        raw.sqlite3_bind_blob(_insert, 3, records);
        Step(_insert, $"Commit {commit} could not be written");
        LastCommit = commit;
    }

    /// <inheritdoc/>
    public bool Trim(long before)
    {
        Sync(false); // a row that is deleted again later does no harm
        raw.sqlite3_bind_int64(_delete, 1, before);
        raw.sqlite3_bind_int64(_delete, 2, RowsPerTrim);
        Step(_delete, "Old commits could not be deleted");
        return raw.sqlite3_changes(_connection.Handle) == RowsPerTrim;
    }

    /// <summary>Copies everything into a database of its own, consistent also while a broker writes.</summary>
    /// <exception cref="StoreException">It could not be written.</exception>
    public void CopyTo(string file)
    {
        try
        {
            using var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            target.Open();
            _connection.BackupDatabase(target);
        }
        catch (SqliteException e)
        {
            throw new StoreException($"{file} could not be written: {e.Message}", e);
        }
    }

    /// <summary>What the engine itself finds wrong with the file; empty if nothing.</summary>
    public IReadOnlyList<string> CheckIntegrity()
    {
        List<string> found = [];
        try
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = "PRAGMA integrity_check(20)";
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                if (reader.GetString(0) != "ok") found.Add(reader.GetString(0));
            }
        }
        catch (SqliteException e)
        {
            found.Add(e.Message);
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
        _connection.Dispose();
        _lock?.Dispose();
    }

    /// <summary>The fault of a damaged store, with what can be done about it.</summary>
    internal static StoreException Damaged(string folder, string fault, Exception? cause = null)
    {
        string text = $"The store {Path.Combine(folder, FileName)} is damaged, and the broker does not start with a part of it: {fault}. "
            + $"Nothing was changed. Copy the folder first; 'Broker.Host store export --path {folder} --salvage --to saved' then saves what can be read.";
        return cause is null ? new StoreException(text) : new StoreException(text, cause);
    }

    // What the file says of itself is damage; anything else is the disk's or the system's word, and the file may be sound.
    private static StoreException Faulty(string folder, SqliteException fault)
    {
        bool isDamage = fault.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;
        return isDamage ? Damaged(folder, fault.Message, fault) : new StoreException($"The store {Path.Combine(folder, FileName)} cannot be opened: {fault.Message}", fault);
    }

    private static FileStream Lock(string folder)
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

    private static SqliteConnection Connect(string folder, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, FileName), Mode = mode, Pooling = false };
        var connection = new SqliteConnection(text.ToString());
        connection.Open();
        return connection;
    }

    private static bool WasAlwaysSynced(string database)
    {
        if (!File.Exists(database)) return false;
        using FileStream stream = File.OpenRead(database);
        Span<byte> id = stackalloc byte[sizeof(uint)];
        stream.Position = ApplicationIdOffset;
        return stream.ReadAtLeast(id, id.Length, throwOnEndOfStream: false) == id.Length && BinaryPrimitives.ReadUInt32BigEndian(id) == AlwaysSynced;
    }

    private static void Prepare(SqliteConnection connection, string folder, bool alwaysSyncs)
    {
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA page_size={PageBytes}"));
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA wal_autocheckpoint={CheckpointPages}"));
        int version = (int)Number(connection, "PRAGMA user_version");
        if (version > FormatVersion)
        {
            throw new StoreException(
                $"The store {Path.Combine(folder, FileName)} has format {version}; this broker knows formats up to {FormatVersion}. Start the newer broker that wrote it.");
        }

        Execute(connection, "CREATE TABLE IF NOT EXISTS commits(id INTEGER PRIMARY KEY, crc INTEGER NOT NULL, records BLOB NOT NULL)");
        if (version == 0) Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version={FormatVersion}"));

        uint id = alwaysSyncs ? AlwaysSynced : NotAlwaysSynced;
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id={id}"));

        // A sync that failed in an earlier run may have left pages that only look as if they were on the disk: all are written anew.
        Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private long Number(string text) => Number(_connection, text);

    private sqlite3_stmt Prepare(string text)
    {
        int result = raw.sqlite3_prepare_v2(_connection.Handle, text, out sqlite3_stmt statement);
        SqliteException.ThrowExceptionForRC(result, _connection.Handle);
        return statement;
    }

    private void Sync(bool sync)
    {
        sync |= _alwaysSyncs;
        if (sync == _syncs) return;
        Execute(_connection, sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        _syncs = sync;
    }

    private void Step(sqlite3_stmt statement, string fault)
    {
        int result = raw.sqlite3_step(statement);
        int extended = raw.sqlite3_extended_errcode(_connection.Handle);
        string message = raw.sqlite3_errmsg(_connection.Handle).utf8_to_string();
        raw.sqlite3_reset(statement);
        raw.sqlite3_clear_bindings(statement);
        if (result != raw.SQLITE_DONE) throw new StoreException($"{fault} to {Database}: {message} (SQLite {result}, extended {extended})");
    }
}
