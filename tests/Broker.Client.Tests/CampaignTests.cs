using Broker.Client.Tests.Harness;

namespace Broker.Client.Tests;

/// <summary>Cut connections and a killed broker under load, and the proof that a loss would be seen.</summary>
public sealed class CampaignTests
{
    private const string Full = "BROKER_TEST_CAMPAIGN";
    private const int MostRounds = 6;

    [Fact]
    public async Task Connections_are_cut_and_the_broker_is_killed_and_nothing_that_was_awaited_is_lost()
    {
        bool isFull = Environment.GetEnvironmentVariable(Full) == "full";
        int messages = isFull ? 100_000 : 10_000;
        int cuts = isFull ? 100 : 20;
        int kills = isFull ? 20 : 4;
        var campaign = new Campaign(messages, cuts, kills);

        await campaign.RunAsync();

        Assert.Equal((cuts, kills), (campaign.Cuts, campaign.Kills));
        Assert.Equal(messages, campaign.AtLeastOnce.Acknowledged);
        campaign.AtLeastOnce.Check(once: false);
        campaign.ExactlyOnce.Check(once: true);
        TestContext.Current.SendDiagnosticMessage(
            $"{messages} QoS 1 and {campaign.ExactlyOnce.Acknowledged} QoS 2 messages, {cuts} cuts, {kills} kills: none lost, none out of order; {campaign.AtLeastOnce.Judge().Doubled.Count} came again at QoS 1");
    }

    // When the kill strikes is chance, so a round may pass; all of them do not.
    [Fact]
    public async Task A_broker_that_acknowledges_before_it_writes_is_caught()
    {
        for (int round = 0; round < MostRounds; round++)
        {
            var campaign = new Campaign(messages: 1_500, cuts: 0, kills: 5, defect: "acknowledge-early");
            await campaign.RunAsync();
            if (campaign.AtLeastOnce.Judge().Lost.Count > 0) return;
        }

        Assert.Fail("No round showed the loss");
    }
}
