using System.Text;

namespace Broker.Host.Commands;

/// <summary>Where an operator's password comes from: the terminal, without showing it, or the first line of the standard input.</summary>
/// <param name="input">The standard input.</param>
/// <param name="terminal">Reads one line from the terminal without showing it, after a prompt; null where there is no terminal.</param>
internal sealed class PasswordInput(TextReader input, Func<string, string>? terminal)
{
    /// <summary>The longest password in bytes of UTF-8: the longest that CONNECT can carry.</summary>
    public const int MaxBytes = 65_535;

    /// <summary>The process's own.</summary>
    public static PasswordInput Process { get; } = new(Console.In, Console.IsInputRedirected ? null : ReadHidden);

    /// <summary>The password; null where there is none.</summary>
    /// <param name="twice">Whether to ask again, since nobody sees what he types.</param>
    /// <param name="fault">What is wrong; null if nothing is.</param>
    public byte[]? Read(bool twice, out string? fault)
    {
        fault = null;
        string? text = terminal is null ? input.ReadLine() : terminal("Password: ");
        if (string.IsNullOrEmpty(text)) fault = "there is no password: an empty one would let everybody in";
        else if (Encoding.UTF8.GetByteCount(text) > MaxBytes) fault = $"the password is longer than the {MaxBytes} bytes that MQTT can carry";
        else if (terminal is not null && twice && terminal("Again: ") != text) fault = "these were two different passwords; nothing was changed";
        return fault is null ? Encoding.UTF8.GetBytes(text!) : null; // it is not empty
    }

    private static string ReadHidden(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) break;
            if (key.Key == ConsoleKey.Backspace) text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar)) text.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return text.ToString();
    }
}
