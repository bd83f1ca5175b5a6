using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Broker.Core;
using Broker.Core.Storage;
using Broker.Storage;

namespace Broker.Durability;

/// <summary>Makes a store with many sessions and messages, and times the start of a broker with it, until it says that it is ready.</summary>
internal static class RecoveryFigures
{
    public static int Run(Arguments arguments)
    {
        int sessions = arguments.Number("sessions", 100_000);
        int messages = arguments.Number("messages", 1_000_000);
        string folder = arguments.NewFolder();
        try
        {
            var watch = Stopwatch.StartNew();
            Fill(folder, sessions, messages, arguments.Number("size", 100));
            long size = new FileInfo(Path.Combine(folder, SqliteLog.FileName)).Length;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{sessions:N0} sessions, {messages:N0} queued messages, {size / 1_048_576.0:F0} MiB on the disk, made in {watch.Elapsed.TotalSeconds:F1} s"));
            for (int round = 0; round < arguments.Number("rounds", 3); round++)
            {
                using BrokerProcess broker = BrokerProcess.Start("--Broker:Storage:Path", folder);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"ready after {broker.Ready.TotalSeconds:F2} s, {broker.ProcessorTime.TotalSeconds:F2} s of processor time, {broker.PeakBytes / 1_048_576.0:F0} MiB"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static void Fill(string folder, int sessions, int messages, int payloadBytes)
    {
        using var store = new FillingStore(SqliteLog.Open(folder, alwaysSyncs: false));
        using var broker = new MqttBroker(
            new MqttBrokerOptions { SysInterval = TimeSpan.Zero, Store = new StorePolicy { CheckpointBytes = long.MaxValue } }, new BrokerParts { Store = store });
        for (int i = 0; i < sessions; i++)
        {
            using var client = new FillingClient(broker, $"device-{i:D6}");
            client.Send(Wire.Subscribe(Topic(i)));
        }

        using var publisher = new FillingClient(broker, "publisher");
        for (int i = 0; i < messages; i++)
        {
            (byte[] packet, int idAt) = Wire.PublishTo(Topic(i % sessions), payloadBytes);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(idAt), 1);
            publisher.Send(packet);
        }
    }

    private static string Topic(int session) => string.Create(CultureInfo.InvariantCulture, $"plant/device-{session:D6}/command");
}
