using System.Diagnostics;
using System.Globalization;

namespace Broker.Attack;

/// <summary>
/// New keys, asked for again and again (TLS 1.3): each time the broker has to make new ones, too. .NET has no call for it, but OpenSSL's
/// client does it for a line with a K. It looks at the first letter of what it reads, so it is given a terminal, from which lines come one by one.
/// </summary>
internal static class KeyUpdates
{
    private const string Terminal = "script";
    private const string Client = "openssl";

    /// <summary>The programs without which there is no such attack; those that are not installed.</summary>
    public static IReadOnlyList<string> Missing { get; } = [.. new[] { Terminal, Client }.Where(program => !IsInstalled(program))];

    /// <summary>Connects with a good certificate and asks for new keys, as often as it is to be or until the broker hangs up.</summary>
    /// <returns>Why it did not come to that; null if it did.</returns>
    public static async Task<string?> SendAsync(int count, BrokerUnderTest broker, CancellationToken deadline)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{broker.PortOf("mqtts")}");
        var start = new ProcessStartInfo(Terminal, ["-qec", $"{Client} s_client -connect {address} -tls1_3 -cert client.pem -key client.key -msg", "/dev/null"])
        {
            WorkingDirectory = broker.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!; // no shell is asked to start it, so there is one
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        Task<(int Sent, string Last)> reading = CountAsync(process.StandardOutput, count);
        try
        {
            await WriteAsync(process.StandardInput, count, deadline);
            await reading.WaitAsync(deadline);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It hung up, or the machine is slow: what was sent until now counts.
        }

        process.Kill(entireProcessTree: true);
        (int sent, string last) = await reading;
        return sent > 0 ? null : $"no new keys were asked for: {last} {await errors}";
    }

    private static async Task WriteAsync(StreamWriter input, int count, CancellationToken deadline)
    {
        for (int i = 0; i < count; i++) await input.WriteAsync("K\n".AsMemory(), deadline);
        await input.FlushAsync(deadline);
    }

    // Ends with the program's output, or when the last request is gone.
    private static async Task<(int Sent, string Last)> CountAsync(StreamReader output, int count)
    {
        int sent = 0;
        string last = "";
        while (sent < count && await output.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(">>>", StringComparison.Ordinal) && line.Contains("KeyUpdate", StringComparison.Ordinal)) sent++;
            else if (line.Length > 0) last = line;
        }

        return (sent, last);
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
