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

    private const int RowsPerTrim = 32;

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
        LastCommit = SqliteFile.Number(connection, "SELECT coalesce(max(id), 0) FROM commits");
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public long LastCommit { get; private set; }

    /// <inheritdoc/>
    public long SizeBytes => new[] { Database, Database + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);

    /// <inheritdoc/>
    public long ReusableBytes => SqliteFile.Number(_connection, "PRAGMA freelist_count") * SqliteFile.PageBytes;

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
            Folders.Create(folder);
            exclusive = SqliteFile.Lock(folder);
            if (SqliteFile.WasAlwaysSynced(Path.Combine(folder, FileName))) WalCheck.Run(Path.Combine(folder, FileName));
            SqliteConnection connection = SqliteFile.Open(folder, SqliteOpenMode.ReadWriteCreate);
            try
            {
                SqliteFile.Prepare(connection, folder, alwaysSyncs);
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
            throw StoreFaults.Faulty(folder, e);
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
            return new SqliteLog(folder, null, SqliteFile.Open(folder, SqliteOpenMode.ReadOnly), alwaysSyncs: true);
        }
        catch (SqliteException e)
        {
            throw StoreFaults.Faulty(folder, e);
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
            using sqlite3_stmt rows = Prepare("SELECT id, crc, records FROM commits ORDER BY id");
            int result;
            while ((result = raw.sqlite3_step(rows)) == raw.SQLITE_ROW)
            {
                long id = raw.sqlite3_column_int64(rows, 0);
                ReadOnlySpan<byte> blob = raw.sqlite3_column_blob(rows, 2);
                byte[] records = GC.AllocateUninitializedArray<byte>(blob.Length);
                blob.CopyTo(records);
                string? fault = previous != 0 && id != previous + 1 ? $"commits {previous + 1} to {id - 1} are missing"
                    : Checksum.Of(records) != (uint)raw.sqlite3_column_int64(rows, 1) ? $"the checksum of commit {id} does not fit its content"
                    : null;
                if (fault is not null && damaged is null) throw StoreFaults.Damaged(Folder, fault);
                if (fault is not null) damaged!(fault);
                previous = id;
                if (fault is null || !fault.Contains("checksum", StringComparison.Ordinal)) commit(id, records);
            }

            if (result != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(result, _connection.Handle);
        }
        catch (SqliteException e)
        {
            if (damaged is null) throw StoreFaults.Damaged(Folder, $"after commit {previous}: {e.Message}", e);
            damaged($"after commit {previous}: {e.Message}");
        }
        catch (InvalidDataException e)
        {
            throw StoreFaults.Damaged(Folder, e.Message, e);
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
        SqliteFile.Execute(_connection, sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
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
