using System.CommandLine;
using System.Globalization;
using Broker.Host.Security;

namespace Broker.Host.Commands;

/// <summary>
/// <c>user add|delete|verify|list|import</c>: keeps the password file. A password comes from the terminal or from the standard input, never from
/// an argument, which everybody on the machine could read.
/// </summary>
internal static class UserCommand
{
    private const string NoFile = "no password file is named: give --file, or set Broker:Auth:PasswordFile";

    /// <summary>The command.</summary>
    /// <param name="passwords">Where passwords come from.</param>
    /// <param name="configuredFile">The password file of the configuration, if it names one.</param>
    public static Command Create(PasswordInput passwords, Func<string?> configuredFile)
    {
        var file = new Option<string?>("--file") { Description = "The password file; by default that of Broker:Auth:PasswordFile", Recursive = true };
        var command = new Command("user", "Keeps the file with users and password hashes.") { file };
        command.Subcommands.Add(Add(passwords, Path));
        command.Subcommands.Add(Delete(Path));
        command.Subcommands.Add(Verify(passwords, Path));
        command.Subcommands.Add(List(Path));
        command.Subcommands.Add(Import(Path));
        return command;

        string? Path(ParseResult arguments) => arguments.GetValue(file) ?? configuredFile();
    }

    private static Command Add(PasswordInput passwords, Func<ParseResult, string?> path)
    {
        Argument<string> name = Name();
        var replace = new Option<bool>("--replace") { Description = "Give a user who is there already this password" };
        var hash = new Option<string>("--hash") { Description = "argon2id or pbkdf2-sha512", DefaultValueFactory = _ => "argon2id" };
        hash.AcceptOnlyFromAmong("argon2id", "pbkdf2-sha512");
        var scram = new Option<bool>("--scram") { Description = "Also keep keys for SCRAM-SHA-256 (MQTT 5)" };
        var iterations = new Option<int>("--scram-iterations")
        {
            Description = "The work that each SCRAM login costs the client",
            DefaultValueFactory = _ => ScramKeys.DefaultIterations,
        };
        var command = new Command("add", "Adds a user; the password is asked for, or read from the standard input.") { name, replace, hash, scram, iterations };
        command.SetAction(arguments => Edit(arguments, path, mayBeNew: true, file =>
        {
            string user = arguments.GetRequiredValue(name);
            if (!UserName.IsValidInFile(user)) return $"'{user}' cannot be a user's name: {UserName.Allowed}, no colon, and no # in front";
            if (file.Has(user) && !arguments.GetValue(replace)) return $"user {user} is there already; --replace gives a new password";
            int rounds = arguments.GetValue(iterations);
            if (rounds is < ScramKeys.LeastIterations or > ScramKeys.MostIterations) return $"--scram-iterations has to be from {ScramKeys.LeastIterations} to {ScramKeys.MostIterations}";
            if (passwords.Read(twice: true, out string? fault) is not { } password) return fault;
            List<string> secrets = [arguments.GetValue(hash) == "argon2id" ? Argon2idHash.Create(password) : Pbkdf2Hash.Create(password)];
            if (arguments.GetValue(scram)) secrets.Add(ScramKeys.Create(password, rounds).ToString());
            file.Set(user, secrets);
            return null;
        }));
        return command;
    }

    private static Command Delete(Func<ParseResult, string?> path)
    {
        Argument<string> name = Name();
        var command = new Command("delete", "Deletes a user.") { name };
        command.SetAction(arguments => Edit(arguments, path, mayBeNew: false, file =>
            file.Delete(arguments.GetRequiredValue(name)) ? null : $"there is no user {arguments.GetRequiredValue(name)}"));
        return command;
    }

    private static Command Verify(PasswordInput passwords, Func<ParseResult, string?> path)
    {
        Argument<string> name = Name();
        var command = new Command("verify", "Says whether a password is a user's: exit code 0, or 1.") { name };
        command.SetAction(arguments =>
        {
            if (Load(arguments, path) is not { } users) return ExitCode.Failed;
            if (passwords.Read(twice: false, out string? fault) is not { } password) return Fail(arguments, fault);
            bool isRight = users.Users.GetValueOrDefault(arguments.GetRequiredValue(name))?.Password?.Verify(password) == true;
            if (!isRight) return Fail(arguments, "the user is not there, or has another password");
            arguments.InvocationConfiguration.Output.WriteLine("The password is right.");
            return ExitCode.Success;
        });
        return command;
    }

    private static Command List(Func<ParseResult, string?> path)
    {
        var command = new Command("list", "Lists the users and how their passwords are kept.");
        command.SetAction(arguments =>
        {
            if (Load(arguments, path) is not { } users) return ExitCode.Failed;
            foreach (UserEntry user in users.Users.Values.OrderBy(user => user.Name, StringComparer.Ordinal))
            {
                string weak = user.Password?.IsWeak == true ? " (weak: give a new password)" : "";
                string scram = user.Scram is { } keys ? string.Create(CultureInfo.InvariantCulture, $"{ScramKeys.Scheme} i={keys.Iterations}") : "";
                string?[] kept = [user.Password?.Description + weak, scram];
                arguments.InvocationConfiguration.Output.WriteLine($"{user.Name}: {string.Join("; ", kept.Where(one => !string.IsNullOrEmpty(one)))}");
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Command Import(Func<ParseResult, string?> path)
    {
        var source = new Argument<string>("MOSQUITTO-FILE") { Description = "A password file of Mosquitto ($6$, $7$, $argon2id$)" };
        var replace = new Option<bool>("--replace") { Description = "Take the other file's password where a user is in both" };
        var command = new Command("import", "Takes the users of a password file of Mosquitto over.") { source, replace };
        command.SetAction(arguments =>
        {
            var faults = new List<string>();
            if (UserFile.TryLoad(arguments.GetRequiredValue(source), faults) is not { } other) return Fail(arguments, [.. faults]);
            int taken = 0;
            int code = Edit(arguments, path, mayBeNew: true, file =>
            {
                string[] both = [.. other.Users.Keys.Where(file.Has)];
                if (both.Length > 0 && !arguments.GetValue(replace)) return $"these users are there already: {string.Join(", ", both)}; --replace takes them over too";
                foreach ((string name, IReadOnlyList<string> secrets) in UserFileText.Load(arguments.GetRequiredValue(source)).All) file.Set(name, secrets);
                taken = other.Users.Count;
                return null;
            });
            if (code != ExitCode.Success) return code;
            arguments.InvocationConfiguration.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{taken} user(s) taken over, {other.WeakCount} with a weak hash."));
            return code;
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "The user's name" };

    private static int Edit(ParseResult arguments, Func<ParseResult, string?> path, bool mayBeNew, Func<UserFileText, string?> edit)
    {
        if (path(arguments) is not { Length: > 0 } file) return Fail(arguments, NoFile);
        try
        {
            bool isNew = !File.Exists(file);
            if (isNew && !mayBeNew) return Fail(arguments, $"there is no file {Path.GetFullPath(file)}");
            UserFileText text = isNew ? UserFileText.Empty() : UserFileText.Load(file);
            var faults = new List<string>();
            if (!isNew && text.All.Count > 0 && UserFile.TryLoad(file, faults) is null) return Fail(arguments, [.. faults]); // what is broken is not written over
            if (edit(text) is { } fault) return Fail(arguments, fault);
            text.Save(file);
            return ExitCode.Success;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(arguments, e.Message);
        }
    }

    private static UserFile? Load(ParseResult arguments, Func<ParseResult, string?> path)
    {
        if (path(arguments) is not { Length: > 0 } file)
        {
            Fail(arguments, NoFile);
            return null;
        }

        var faults = new List<string>();
        UserFile? users = UserFile.TryLoad(file, faults);
        if (users is null) Fail(arguments, [.. faults]);
        return users;
    }

    private static int Fail(ParseResult arguments, params string?[] faults)
    {
        foreach (string? fault in faults) arguments.InvocationConfiguration.Error.WriteLine(fault);
        return ExitCode.Failed;
    }
}
