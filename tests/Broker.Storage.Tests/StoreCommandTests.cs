using Broker.Core.Protocol;
using Broker.Crash;

namespace Broker.Storage.Tests;

/// <summary>The commands of operators, also while the broker works.</summary>
[Collection(nameof(CampaignTests))]
public sealed class StoreCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("broker-store-").FullName;

    private string Store => Path.Combine(_folder, "store");

    [Fact]
    public async Task An_export_of_a_running_broker_is_sound_and_a_broker_starts_with_its_import()
    {
        string copy = Path.Combine(_folder, "copy");
        string restored = Path.Combine(_folder, "restored");
        int before = 0;
        using (HostProcess broker = HostProcess.Start(Store))
        {
            using (Link subscriber = broker.Connect("subscriber", out _)) subscriber.Subscribe("a", QualityOfService.AtLeastOnce);
            using Link publisher = broker.Connect("publisher", out _);
            for (; before < 100; before++) publisher.Publish("a", [(byte)before]);
            Task<(int ExitCode, string Output)> export = Task.Run(() => HostProcess.Run("store", "export", "--path", Store, "--to", copy));
            for (int i = before; !export.IsCompleted; i++) publisher.Publish("a", [(byte)i]);
            Assert.Equal(0, (await export).ExitCode);
        }

        (int verified, string said) = HostProcess.Run("store", "verify", "--path", copy);
        Assert.Equal((0, true), (verified, said.StartsWith("sound: ", StringComparison.Ordinal)));
        Assert.Equal(0, HostProcess.Run("store", "import", "--from", copy, "--path", restored).ExitCode);
        using HostProcess next = HostProcess.Start(restored);
        using Link again = next.Connect("subscriber", out bool isPresent);

        Assert.True(isPresent);
        Assert.Equal([.. Enumerable.Range(0, before).Select(i => (byte)i)], again.Take(before).Select(payload => payload[0]));
    }

    [Fact]
    public void Info_says_what_is_in_the_store()
    {
        using HostProcess broker = HostProcess.Start(Store);
        using (Link subscriber = broker.Connect("subscriber", out _)) subscriber.Subscribe("a", QualityOfService.AtLeastOnce);
        using Link publisher = broker.Connect("publisher", out _);
        for (int i = 0; i < 3; i++) publisher.Publish("a", [1]);

        (int code, string said) = HostProcess.Run("store", "info", "--path", Store);

        Assert.Equal(0, code);
        Assert.Contains("sessions: 2", said, StringComparison.Ordinal);
        Assert.Contains("queued messages: 3", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_is_not_written_over()
    {
        HostProcess.Start(Store).Dispose();

        Assert.Equal(1, HostProcess.Run("store", "import", "--from", Store, "--path", Store).ExitCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
