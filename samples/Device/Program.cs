// A device: publishes its temperature when it moved by half a degree, and every ten seconds at least. While the broker is away, values wait in a file.
// dotnet run --project samples/Device -- [address] [device id] [file]
using System.Runtime.CompilerServices;

string id = args.ElementAtOrDefault(1) ?? "device-7";
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

BrokerClientOptions options = new BrokerClientOptions { ClientId = id }.ConnectTo(args.ElementAtOrDefault(0) ?? "mqtt://127.0.0.1:1883");
options.Outbox.Path = args.ElementAtOrDefault(2) ?? Path.Combine(Path.GetTempPath(), $"{id}.outbox");
await using var client = new BrokerClient(options);
client.StateChanged += (_, change) => Console.WriteLine($"{id} is {change.State}");
client.Start();

var changes = new ChangePublisherOptions<double>
{
    Changes = new ChangeCriteria { Deadband = 0.5, MaxSilence = TimeSpan.FromSeconds(10) },
};

try
{
    await client.PublishChangesAsync($"plant/{id}/temp", ReadSensorAsync(stop.Token), changes, cancellationToken: stop.Token);
}
catch (OperationCanceledException)
{
    Console.WriteLine($"{id} stops");
}

static async IAsyncEnumerable<double> ReadSensorAsync([EnumeratorCancellation] CancellationToken cancellationToken)
{
    double celsius = 20;
    while (true)
    {
        celsius = Math.Round(celsius + Random.Shared.NextDouble() - 0.5, 2);
        yield return celsius;
        await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
    }
}
