using System.Diagnostics;
using Broker.Crash;

namespace Broker.Storage.Tests;

/// <summary>The real broker on a disk that fails: killed at a sync, errors at syncs and writes, short writes, lost power. Needs strace, and for the last root.</summary>
[Collection(nameof(CampaignTests))]
public sealed class SyncFaultTests
{
    private const int Stride = 12; // opening the store takes some twenty syncs: both that and the first commits are among those that fail
    private const int Cycles = 3;
    private const int Killed = 137;

    [Theory]
    [InlineData("signal=KILL", Killed)]
    [InlineData("error=EIO", 1)]
    [InlineData("error=ENOSPC", 1)]
    public void A_sync_that_kills_or_fails_is_the_end_of_the_process_and_loses_nothing(string effect, int exitCode)
    {
        Require("strace", "-V");

        Fail(cycle => CampaignOptions.At(CampaignOptions.Syncs, effect, CampaignOptions.ProbeSyncs + 1 + (cycle * Stride)), exitCode);
    }

    [Theory]
    [InlineData("signal=KILL", Killed)]
    [InlineData("error=EIO", 1)]
    [InlineData("error=ENOSPC", 1)]
    public void A_write_that_kills_or_fails_is_the_end_of_the_process_and_loses_nothing(string effect, int exitCode)
    {
        Require("strace", "-V");

        Fail(cycle => CampaignOptions.At(CampaignOptions.Writes, effect, 40 + (cycle * 41)), exitCode);
    }

    [Fact]
    public void A_short_write_is_the_end_of_the_process_and_loses_nothing()
    {
        Require("bash", "--version");

        Fail(cycle => CampaignOptions.WithFilesUpTo(200 + (cycle * 137)), 1);
    }

    [Fact]
    public void What_was_acknowledged_survives_a_loss_of_power()
    {
        LoopDisk? disk = LoopDisk.TryCreate(out string reason);
        Assert.SkipWhen(disk is null, $"No disk to cut the power of: {reason}");
        using var campaign = new Campaign(new CampaignOptions { Cycles = Cycles, Command = CampaignOptions.OwnCommand, Disk = disk });

        Verdict verdict = campaign.Run(_ => { });

        Assert.True(verdict.IsSound, verdict.ToString());
        Assert.True(verdict.Acknowledged > 0);
    }

    [Fact]
    public void A_broker_that_only_writes_is_caught_by_a_loss_of_power()
    {
        LoopDisk? disk = LoopDisk.TryCreate(out string reason);
        Assert.SkipWhen(disk is null, $"No disk to cut the power of: {reason}");
        string[] command = [.. CampaignOptions.OwnCommand, "--Broker:Storage:Ack", "written"];
        using var campaign = new Campaign(new CampaignOptions { Cycles = Cycles, Command = command, Disk = disk });

        Verdict verdict = campaign.Run(_ => { });

        Assert.True(verdict.Lost > 0, verdict.ToString());
    }

    private static void Fail(Func<int, IReadOnlyList<string>> launcher, int exitCode)
    {
        using var campaign = new Campaign(new CampaignOptions { Cycles = Cycles, Command = CampaignOptions.OwnCommand, Launcher = launcher });

        Verdict verdict = campaign.Run(_ => { });

        Assert.True(verdict.IsSound, verdict.ToString());
        Assert.All(campaign.ExitCodes, code => Assert.Equal(exitCode, code));
    }

    private static void Require(string program, string argument)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true })!; // it is there, or this throws
            process.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip($"{program} is not here");
        }
    }
}
