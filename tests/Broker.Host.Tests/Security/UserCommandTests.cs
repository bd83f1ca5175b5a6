using System.CommandLine;
using Broker.Host.Commands;
using Broker.Host.Security;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Security;

public sealed class UserCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "users");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_user_is_added_verified_and_deleted()
    {
        Assert.Equal(0, Run("wonderland\n", "add", "alice").Code);
        Assert.Equal(0, Run("builder\n", "add", "bob", "--hash", "pbkdf2-sha512").Code);

        Assert.Equal(0, Run("wonderland\n", "verify", "alice").Code);
        Assert.Equal(1, Run("Wonderland\n", "verify", "alice").Code);
        Assert.Equal(1, Run("wonderland\n", "verify", "carol").Code);
        Assert.Equal("alice: argon2id m=19456,t=2,p=1\nbob: pbkdf2-sha512 i=210000\n", Run("", "list").Output.ReplaceLineEndings("\n"));
        Assert.Equal(0, Run("", "delete", "alice").Code);
        Assert.Contains("there is no user alice", Run("", "delete", "alice").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wonderland", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_is_for_its_owner_alone()
    {
        Run("x\n", "add", "alice");

        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public void Keys_for_scram_are_kept_beside_the_hash()
    {
        Run("pencil\n", "add", "user", "--scram", "--scram-iterations", "4096");

        List<string> faults = [];
        UserEntry user = UserFile.TryLoad(File, faults)!.Users["user"];
        Assert.Equal(4_096, user.Scram!.Iterations);
        Assert.NotNull(user.Password);
    }

    [Fact]
    public void A_user_who_is_there_gets_a_new_password_only_on_purpose_and_comments_stay()
    {
        _folder.Write("users", $"# ours\n{TestUsers.Alice}\n\n# theirs\n{TestUsers.Bob}\nalice:{TestUsers.Scram("wonderland")}\n");

        Assert.Contains("--replace", Run("new\n", "add", "alice").Error, StringComparison.Ordinal);
        Assert.Equal(0, Run("wonderland\n", "verify", "alice").Code);
        Assert.Equal(0, Run("new\n", "add", "alice", "--replace").Code);

        Assert.Equal(0, Run("new\n", "verify", "alice").Code);
        string[] lines = System.IO.File.ReadAllLines(File);
        Assert.Equal(["# ours", "", "# theirs", TestUsers.Bob], lines.Where(line => !line.StartsWith("alice:", StringComparison.Ordinal)));
        Assert.StartsWith("alice:$argon2id$", lines[1], StringComparison.Ordinal);
        Assert.Single(lines, line => line.StartsWith("alice:", StringComparison.Ordinal)); // the old keys would let the old password in
    }

    [Theory]
    [InlineData("", "no password")]
    [InlineData("\n", "no password")]
    public void An_empty_password_is_none(string input, string error)
    {
        (int code, _, string text) = Run(input, "add", "alice");

        Assert.Equal(1, code);
        Assert.Contains(error, text, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("#a")]
    [InlineData(" a")]
    [InlineData("a\u0007")]
    public void A_name_that_the_file_cannot_hold_is_refused(string name)
    {
        Assert.Contains("cannot be a user's name", Run("x\n", "add", name).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_file_is_not_written_over()
    {
        _folder.Write("users", "alice:broken\n");

        Assert.Contains("users:1:", Run("x\n", "add", "bob").Error, StringComparison.Ordinal);
        Assert.Equal("alice:broken\n", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void Mosquittos_users_are_taken_over()
    {
        string other = _folder.Write("passwd", """
            alice:$7$101$Syl31Xe5D5/S9a7U$FnkvIYjSZBmk9eNBsO2Rqja1+iMiiDy+Ryn2d7JrqzVteDo3so4ASM2kTyNt4mrVLvwAyKQRx9gPK0G+l6iJFg==
            carol:$6$FYiwUr/gZ9QPmsH4$QquAheXJxOSar8efs8T/DqxS4c3gUn9jl11WXqWfccUjDqdoK+4a5Nkw+ZygoFXKRwW1TeNPwmdc9TfC4OqwfQ==
            dora:$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4
            """);
        _folder.Write("users", TestUsers.Alice + "\n");

        Assert.Contains("there already: alice", Run("", "import", other).Error, StringComparison.Ordinal);
        Assert.Equal("3 user(s) taken over, 3 with a weak hash.", Run("", "import", other, "--replace").Output.Trim());

        Assert.Equal(0, Run("secret\n", "verify", "alice").Code);
        Assert.Equal(0, Run("s3cret\n", "verify", "carol").Code);
        Assert.Equal(0, Run("password\n", "verify", "dora").Code);
    }

    [Fact]
    public void The_terminal_is_asked_twice()
    {
        Queue<string> answers = new(["one", "two", "one", "one"]);
        var input = new PasswordInput(TextReader.Null, _ => answers.Dequeue());

        Assert.Null(input.Read(twice: true, out string? fault));
        Assert.Contains("two different", fault, StringComparison.Ordinal);
        Assert.Equal("one"u8.ToArray(), input.Read(twice: true, out _));
    }

    [Fact]
    public void Without_a_file_it_says_how_to_name_one()
    {
        (int code, _, string error) = RunCommand("", [], "list");

        Assert.Equal(1, code);
        Assert.Contains("--file", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_has_the_command()
    {
        (int code, string output, _) = await BrokerProcess.RunAsync(["user", "--help"]);

        Assert.Equal(0, code);
        Assert.Contains("import <MOSQUITTO-FILE>", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) RunCommand(string input, string[] file, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var reader = new StringReader(input);
        Command command = UserCommand.Create(new PasswordInput(reader, null), () => null);
        var root = new RootCommand { command };
        int code = root.Parse(["user", .. arguments, .. file]).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    private (int Code, string Output, string Error) Run(string input, params string[] arguments) => RunCommand(input, ["--file", File], arguments);
}
