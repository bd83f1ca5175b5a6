using Microsoft.Data.Sqlite;

namespace Broker.Storage.Tests;

public sealed class SqliteLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-store-").FullName;

    private string Database => Path.Combine(_folder, SqliteLog.FileName);

    [Fact]
    public void What_was_written_is_there_again()
    {
        using (SqliteLog log = Open())
        {
            for (byte i = 1; i <= 20; i++) log.Write(i, Content(i), sync: i % 2 == 0);
        }

        using SqliteLog again = Open();

        Assert.Equal(20, again.LastCommit);
        Assert.Equal([.. Enumerable.Range(1, 20).Select(i => (long)i)], Read(again).Select(commit => commit.Number));
        Assert.All(Read(again), commit => Assert.Equal(Content((byte)commit.Number), commit.Records));
    }

    [Fact]
    public void Old_commits_are_deleted_and_numbers_go_on()
    {
        using (SqliteLog log = Open())
        {
            for (byte i = 1; i <= 100; i++) log.Write(i, Content(i), sync: true);
            while (log.Trim(91)) { }
        }

        using SqliteLog again = Open();
        again.Write(101, Content(1), sync: true);

        Assert.Equal([.. Enumerable.Range(91, 11).Select(i => (long)i)], Read(again).Select(commit => commit.Number));
    }

    [Fact]
    public void Two_brokers_cannot_have_the_same_store()
    {
        using SqliteLog log = Open();

        var fault = Assert.Throws<StoreException>(() => Open());

        Assert.Contains("in use by another broker", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_is_refused()
    {
        Open().Dispose();
        Execute($"PRAGMA user_version={SqliteLog.FormatVersion + 1}");

        var fault = Assert.Throws<StoreException>(() => Open());

        Assert.Contains($"has format {SqliteLog.FormatVersion + 1}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_commit_that_was_changed_is_found_and_the_message_says_what_to_do()
    {
        Write(5);
        Execute("UPDATE commits SET records = zeroblob(100) WHERE id = 3");

        using SqliteLog log = Open();
        var fault = Assert.Throws<StoreException>(() => Read(log));

        Assert.Contains("commit 3", fault.Message, StringComparison.Ordinal);
        Assert.Contains(Database, fault.Message, StringComparison.Ordinal);
        Assert.Contains("store export", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_commit_that_is_missing_is_found()
    {
        Write(5);
        Execute("DELETE FROM commits WHERE id = 3");

        using SqliteLog log = Open();

        Assert.Contains("commits 3 to 3 are missing", Assert.Throws<StoreException>(() => Read(log)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bits_that_flip_are_found_or_change_nothing()
    {
        Write(40);
        byte[] sound = File.ReadAllBytes(Database);
        var random = new Random(1);
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = [.. sound];
            damaged[random.Next(100, damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Database, damaged);

            (long Number, byte[] Records)[]? found = null;
            try
            {
                using SqliteLog log = Open();
                found = Read(log);
            }
            catch (StoreException)
            {
                // It was found.
            }

            if (found is null) continue;
            Assert.Equal(40, found.Length);
            Assert.All(found, commit => Assert.Equal(Content((byte)commit.Number), commit.Records));
        }
    }

    [Fact]
    public void A_tail_that_was_cut_off_is_forgotten_up_to_the_last_whole_commit()
    {
        byte[] log = WriteAheadLogOf(10);
        int last = log.Length;
        for (int cut = last - 1; cut > last - 40_000; cut -= 997)
        {
            Restore(log[..cut]);

            using SqliteLog again = Open();

            long[] numbers = [.. Read(again).Select(commit => commit.Number)];
            Assert.Equal([.. Enumerable.Range(1, numbers.Length).Select(i => (long)i)], numbers);
            Assert.InRange(numbers.Length, 7, 9);
        }
    }

    [Fact]
    public void Damage_before_the_tail_is_no_shorter_log()
    {
        byte[] log = WriteAheadLogOf(10);
        log[log.Length / 2] ^= 1;
        Restore(log);

        var fault = Assert.Throws<StoreException>(() => Open());

        Assert.Contains("broker.db-wal is corrupt", fault.Message, StringComparison.Ordinal);
        Assert.Contains("store export", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Content(byte number) => [.. Enumerable.Repeat(number, 3_000)];

    private static (long Number, byte[] Records)[] Read(SqliteLog log)
    {
        List<(long, byte[])> found = [];
        log.Read((number, records) => found.Add((number, records.ToArray())));
        return [.. found];
    }

    private SqliteLog Open() => SqliteLog.Open(_folder, alwaysSyncs: true);

    private void Write(byte count)
    {
        using SqliteLog log = Open();
        for (byte i = 1; i <= count; i++) log.Write(i, Content(i), sync: true);
    }

    /// <summary>The log as it is when the process is killed after so many commits; the database is as it was before them.</summary>
    private byte[] WriteAheadLogOf(byte count)
    {
        Open().Dispose();
        byte[] empty = File.ReadAllBytes(Database);
        byte[] written;
        using (SqliteLog log = Open())
        {
            for (byte i = 1; i <= count; i++) log.Write(i, Content(i), sync: true);
            using var stream = new FileStream(Database + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            written = new byte[stream.Length];
            stream.ReadExactly(written);
        }

        File.WriteAllBytes(Path.Combine(_folder, "empty"), empty);
        return written;
    }

    private void Restore(byte[] log)
    {
        File.Copy(Path.Combine(_folder, "empty"), Database, overwrite: true);
        File.Delete(Database + "-shm");
        File.WriteAllBytes(Database + "-wal", log);
    }

    private void Execute(string text)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database, Pooling = false }.ToString());
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // the texts are this file's
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
