using Broker.Crash;

namespace Broker.Storage.Tests;

/// <summary>The real broker, killed at random moments; and the proof that this would show it if it lost or doubled anything.</summary>
[Collection(nameof(CampaignTests))]
[CollectionDefinition(nameof(CampaignTests), DisableParallelization = true)]
public sealed class CampaignTests
{
    private const int MostRounds = 6;

    [Fact]
    public void Nothing_that_was_acknowledged_is_lost_doubled_or_reordered_in_20_kills()
    {
        Verdict verdict = Run(20, defect: null);

        Assert.True(verdict.IsSound, verdict.ToString());
        Assert.True(verdict.Acknowledged > 0);
    }

    [Fact]
    public void A_broker_that_acknowledges_before_it_writes_is_caught() => Assert.True(IsCaught("acknowledge-early", verdict => verdict.Lost > 0));

    [Fact]
    public void A_broker_that_forgets_packet_identifiers_is_caught() => Assert.True(IsCaught("forget-packet-ids", verdict => verdict.Duplicated > 0));

    // When the kill strikes is chance, so a round may pass; all of them do not.
    private static bool IsCaught(string defect, Func<Verdict, bool> shows)
    {
        for (int round = 0; round < MostRounds; round++)
        {
            if (shows(Run(6, defect))) return true;
        }

        return false;
    }

    private static Verdict Run(int cycles, string? defect)
    {
        using var campaign = new Campaign(new CampaignOptions
        {
            Cycles = cycles,
            Seed = Environment.TickCount,
            Command = CampaignOptions.OwnCommand,
            Environment = defect is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["BROKER_TEST_SEEDED_DEFECT"] = defect },
        });
        return campaign.Run(_ => { });
    }
}
