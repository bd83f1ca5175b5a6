// A dashboard: the last values of the whole plant, always current, and whether a device is there.
// dotnet run --project samples/Dashboard -- [address] [device id]
string id = args.ElementAtOrDefault(1) ?? "device-7";
var stop = new TaskCompletionSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.TrySetResult();
};

await using BrokerClient client = await BrokerClient.ConnectAsync(args.ElementAtOrDefault(0) ?? "mqtt://127.0.0.1:1883");

await using Presence device = client.Presence(id);
device.Changed += (_, state) => Console.WriteLine($"{id} is {state?.State ?? "unknown"} ({state?.Reason})");
await device.StartAsync();

await using Mirror<double> plant = client.Mirror<double>("plant/+/temp");
plant.Changed += (_, change) => Console.WriteLine($"{change.Topic} = {change.Value}");
await plant.StartAsync();

await stop.Task;
foreach ((string topic, double value) in plant) Console.WriteLine($"{topic} was {value} at last{(plant.IsTopicStale(topic) ? ", or is something else by now" : "")}");
