using System.CommandLine;
using Broker.Host.Configuration;

namespace Broker.Host.Commands;

/// <summary>
/// What the program does besides running the broker, e.g. <c>acl explain</c>: chosen by the first argument, and written for an
/// operator at a terminal or a script.
/// </summary>
internal static class OperatorCommands
{
    /// <summary>Whether the arguments name one of the commands rather than settings of the broker.</summary>
    // Settings begin with a dash or a slash, or hold "=": the broker then starts without having loaded the parser.
    public static bool Names(IReadOnlyList<string> arguments) =>
        arguments.Count > 0 && !arguments[0].StartsWith('-') && !arguments[0].StartsWith('/') && !arguments[0].Contains('=', StringComparison.Ordinal)
        && Root().Subcommands.Any(command => command.Name == arguments[0]);

    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="arguments">The command's name and what follows.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where faults go.</param>
    /// <returns>The exit code of the process, see <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error) =>
        Root().Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error });

    // One line a command: each is built by a class of its own in this folder.
    private static RootCommand Root() => new("Broker: an MQTT 3.1.1 and 5.0 broker.")
    {
        AclCommand.Create(),
        UserCommand.Create(PasswordInput.Process, ConfiguredPasswordFile),
        StoreCommand.Build(),
    };

    // Faults do not matter here: the file may be one that is to be made.
    private static string? ConfiguredPasswordFile() =>
        HostConfiguration.Read(CommandLine.Parse([]), Environment.GetEnvironmentVariables(), [AppContext.BaseDirectory, Environment.CurrentDirectory]).Options.Auth.PasswordFile;
}
