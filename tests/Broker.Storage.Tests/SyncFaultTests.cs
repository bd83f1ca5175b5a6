using System.Diagnostics;
using Broker.Crash;

namespace Broker.Storage.Tests;

/// <summary>The real broker, that the system kills or fails at its syncs; needs strace.</summary>
[Collection(nameof(CampaignTests))]
public sealed class SyncFaultTests
{
    // Opening the store takes some twenty syncs, so both that and the first commits are among them.
    private const int Stride = 9;
    private const int Cycles = 5;

    [Fact]
    public void Killed_at_a_sync_it_loses_nothing()
    {
        RequireStrace();
        using Campaign campaign = New("signal=KILL");

        Verdict verdict = campaign.Run(_ => { });

        Assert.True(verdict.IsSound, verdict.ToString());
        Assert.All(campaign.ExitCodes, code => Assert.Equal(137, code));
    }

    [Fact]
    public void A_sync_that_fails_is_seen_ends_the_process_and_loses_nothing()
    {
        RequireStrace();
        using Campaign campaign = New("error=EIO");

        Verdict verdict = campaign.Run(_ => { });

        Assert.True(verdict.IsSound, verdict.ToString());
        Assert.All(campaign.ExitCodes, code => Assert.Equal(1, code));
    }

    // The first fifteen are those that the start measures the disk with, which fail nothing.
    private static Campaign New(string effect) => new(new CampaignOptions
    {
        Cycles = Cycles,
        Command = CampaignOptions.OwnCommand,
        Launcher = cycle => CampaignOptions.AtSync(effect, 16 + (cycle * Stride)),
    });

    private static void RequireStrace()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("strace", "-V") { RedirectStandardOutput = true })!;
            process.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip("strace is not here");
        }
    }
}
