using System.Text;
using Broker.Host.Security;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Security;

public sealed class UserFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> BadLines => new()
    {
        { "alice", "no colon" },
        { "alice:", "no hash" },
        { "alice:secret", "no hash" },
        { ":" + TestUsers.Cheap("x"), "a name has" },
        { " alice:" + TestUsers.Cheap("x"), "a name has" },
        { "al\u0001ice:" + TestUsers.Cheap("x"), "a name has" },
        { "al\u0000ice:" + TestUsers.Cheap("x"), "a name has" },
        { "al\u2028ice:" + TestUsers.Cheap("x"), "a name has" },
        { new string('a', 257) + ":" + TestUsers.Cheap("x"), "a name has" },
        { "alice:$9$x$y", "the scheme is not known" },
        { "alice:$7$0$Syl31Xe5D5/S9a7U$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg==", "iterations" },
        { "alice:" + TestUsers.Cheap("x")[..^20], "cut off" },
        { "alice:" + TestUsers.Scram("x")[..^20], "cut off" },
        { "alice:SCRAM-SHA-256$1:c2FsdHNhbHQ=$x:y", "iterations" },
        { "alice:SCRAM-SHA-1$4096:c2FsdHNhbHQ=$x:y", "no hash" },
        { $"{TestUsers.Alice}\n{TestUsers.Alice}", "already" },
        { $"alice:{TestUsers.Scram("x")}\nalice:{TestUsers.Scram("x")}", "already" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Comments_empty_lines_and_windows_lines_do_not_matter()
    {
        UserFile file = Load($"\uFEFF# one\r\n\r\n{TestUsers.Alice}\r\n{TestUsers.Bob}\nbob:{TestUsers.Scram("builder")}");

        Assert.Equal(["alice", "bob"], file.Users.Keys.Order());
        Assert.True(file.Users["alice"].Password!.Verify("wonderland"u8));
        Assert.Null(file.Users["alice"].Scram);
        Assert.NotNull(file.Users["bob"].Scram);
        Assert.Equal(2, file.WeakCount);
    }

    [Theory]
    [MemberData(nameof(BadLines))]
    public void One_bad_line_makes_the_file_bad_and_is_named(string line, string fault)
    {
        List<string> faults = [];

        UserFile? file = UserFile.TryLoad(_folder.Write("users", $"{TestUsers.Bob}\n{line}\n"), faults);

        Assert.Null(file);
        Assert.Contains(faults, one => one.Contains(fault, StringComparison.Ordinal));
        Assert.Contains(faults, one => one.Contains("users:", StringComparison.Ordinal));
        Assert.DoesNotContain(faults, one => one.Contains("c29tZ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# alice:$7$...\n")]
    public void A_file_without_users_is_bad(string text)
    {
        Assert.Contains("has no users", Assert.Single(Faults(_folder.Write("users", text))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_bad()
    {
        Assert.Contains("there is no file", Assert.Single(Faults(Path.Combine(_folder.Path, "nowhere"))), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Single(Faults(_folder.Path)), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Assert.Single(Faults(_folder.Write("latin", Encoding.Latin1.GetBytes($"ré:{TestUsers.Cheap("x")}")))), StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_come_to_an_end()
    {
        List<string> faults = Faults(_folder.Write("users", string.Concat(Enumerable.Repeat("x\n", 10_000))));

        Assert.InRange(faults.Count, 2, 30);
        Assert.EndsWith("there are more faults than these", faults[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_not_there_is_tried_against_somebody_who_is_always_the_same_one()
    {
        UserFile file = Load(TestUsers.Text);

        PasswordHash? decoy = file.Decoy("nobody");

        Assert.Contains(decoy, file.Users.Values.Select(user => user.Password));
        Assert.All(Enumerable.Range(0, 20), _ => Assert.Same(decoy, file.Decoy("nobody")));
        Assert.Equal(file.DecoyKeys("nobody").Salt, file.DecoyKeys("nobody").Salt);
        Assert.NotEqual(file.DecoyKeys("nobody").Salt, file.DecoyKeys("somebody").Salt);
    }

    [Fact]
    public void A_file_that_everybody_can_read_is_known()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes");
            return;
        }

        string path = _folder.Write("users", TestUsers.Text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        bool before = UserFile.IsWorldReadable(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.False(before);
        Assert.True(UserFile.IsWorldReadable(path));
    }

    private static List<string> Faults(string path)
    {
        List<string> faults = [];
        Assert.Null(UserFile.TryLoad(path, faults));
        return faults;
    }

    private UserFile Load(string text)
    {
        List<string> faults = [];
        UserFile? file = UserFile.TryLoad(_folder.Write("users", text), faults);
        Assert.Empty(faults);
        return file!;
    }
}
