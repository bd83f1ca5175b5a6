using System.Diagnostics;
using System.Text;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Interop;

/// <summary>A running program of others and what it wrote.</summary>
internal sealed class OtherProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public OtherProcess(string program, string[] arguments)
    {
        _process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    public Task UntilAsync(string text) => Eventually.Until($"'{text}' in: {Output}", () => Output.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits for its end, which must be a good one.</summary>
    public async Task SucceedAsync()
    {
        try
        {
            await _process.WaitForExitAsync(Eventually.Deadline());
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"It did not end in time: {Output}");
        }

        Assert.True(_process.ExitCode == 0, $"Exit code {_process.ExitCode}: {Output}");
    }

    /// <summary>Waits for its end, good or bad, and gives the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(Eventually.Deadline());
        return _process.ExitCode;
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_output) _output.AppendLine(line.Data);
    }
}
