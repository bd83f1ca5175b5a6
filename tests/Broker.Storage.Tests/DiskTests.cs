using System.Diagnostics;
using Broker.Core.Protocol;
using Broker.Crash;
using Broker.Testing.Wire;

namespace Broker.Storage.Tests;

/// <summary>The real broker on a disk that is full, or slow.</summary>
[Collection(nameof(CampaignTests))]
public sealed class DiskTests : IDisposable
{
    private const int Sessions = 12;
    private const int PayloadBytes = 65_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("broker-disk-").FullName;
    private bool _isMounted;

    [Fact]
    public void A_full_disk_refuses_publications_and_takes_them_again_once_messages_were_consumed()
    {
        _isMounted = Run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", _folder);
        Assert.SkipUnless(_isMounted, "No small disk can be made here");
        using HostProcess broker = HostProcess.Start(_folder, null, "--Broker:Storage:MinFree", "25165824", "--Broker:Storage:CheckpointBytes", "4194304");
        for (int i = 0; i < Sessions; i++)
        {
            using Link subscriber = broker.Connect($"subscriber-{i}", out _);
            subscriber.Subscribe($"s/{i}", QualityOfService.AtLeastOnce);
        }

        using Link publisher = broker.Connect("publisher", out _);
        int accepted = 0;
        while (publisher.Publish($"s/{accepted % Sessions}", new byte[PayloadBytes]) == ReasonCode.Success) accepted++;
        Assert.InRange(accepted, 50, 1_000);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, publisher.Publish("nobody", [1])); // needs no disk
        for (int i = 0; i < Sessions; i++)
        {
            using Link subscriber = broker.Connect($"subscriber-{i}", out _);
            subscriber.Take((accepted / Sessions) + (i < accepted % Sessions ? 1 : 0));
        }

        var watch = Stopwatch.StartNew();
        while (publisher.Publish("s/0", new byte[PayloadBytes]) != ReasonCode.Success)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(2), "it did not recover");
            Thread.Sleep(100);
        }
    }

    [Fact]
    public void While_the_disk_is_slow_PINGRESP_and_QoS_0_do_not_wait()
    {
        Assert.SkipUnless(Run("strace", "-V"), "strace is not here");
        int opening = CampaignOptions.ProbeSyncs + 40;
        string[] launcher = ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:delay_enter=3000000:when={opening}+"];
        using HostProcess broker = HostProcess.Start(_folder, launcher);
        using Link subscriber = broker.Connect("subscriber", out _);
        subscriber.Subscribe("kept", QualityOfService.AtLeastOnce);
        using Link other = Link.TryConnect(broker.Port, new ConnectOptions { ClientId = "other" }, out _)!; // accepted, or the next line throws
        other.Subscribe("passing", QualityOfService.AtMostOnce);
        using Link publisher = broker.Connect("publisher", out _);

        // Fast as long as the disk is; the first answer after that comes before an acknowledgement that was asked for earlier.
        for (int i = 0; i < 60; i++)
        {
            publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "kept", [1], QualityOfService.AtLeastOnce, 1, retain: false, dup: false));
            publisher.Send(ClientPackets.Publish(ProtocolVersion.V5, "passing", [2], QualityOfService.AtMostOnce, 0, retain: false, dup: false));
            publisher.Send(ClientPackets.PingReq());
            other.Expect<ServerPacket.Publish>();
            ServerPacket? first = publisher.Receive(TimeSpan.FromSeconds(60));
            ServerPacket? second = publisher.Receive(TimeSpan.FromSeconds(60));
            if (first is ServerPacket.PingResp && second is ServerPacket.Ack) return;
        }

        Assert.Fail("every PINGRESP came after the acknowledgement");
    }

    public void Dispose()
    {
        if (_isMounted) Run("umount", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!; // it is there, or this throws
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
