using System.Diagnostics;

namespace Broker.Host.Tests.Harness;

/// <summary>Waits for what real sockets and processes do, with a deadline.</summary>
internal static class Eventually
{
    /// <summary>How long anything may take that should happen at once; generous, for machines under load.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(20);

    /// <summary>A token that fires when patience is over.</summary>
    public static CancellationToken Deadline(TimeSpan? patience = null) => new CancellationTokenSource(patience ?? Patience).Token;

    /// <summary>Waits until the condition holds, and fails with its name if it does not in time.</summary>
    public static Task Until(string what, Func<bool> condition, TimeSpan? patience = null) =>
        Until(what, () => Task.FromResult(condition()), patience);

    /// <inheritdoc cref="Until(string, Func{bool}, TimeSpan?)"/>
    public static async Task Until(string what, Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (patience ?? Patience)) Assert.Fail($"Not in time: {what}");
            await Task.Delay(_poll, CancellationToken.None);
        }
    }
}
