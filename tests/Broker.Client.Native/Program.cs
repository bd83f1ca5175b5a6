// The client in a trimmed, native program: every feature once, with a source-generated JSON context. Prints "native: all is well" and ends.
//   dotnet publish tests/Broker.Client.Native -c Release --use-current-runtime -p:PublishAot=true -p:NuGetLockFilePath=obj/publish.lock.json -o <folder>
//   <folder>/Broker.Client.Native mqtt://127.0.0.1:1883
using System.Text.Json;
using System.Text.Json.Serialization;

using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
BrokerClientOptions options = new BrokerClientOptions { Json = Readings.Default.Options }.ConnectTo(args.ElementAtOrDefault(0) ?? "mqtt://127.0.0.1:1883");
await using var client = new BrokerClient(options);
await client.ConnectAsync(patience.Token);

await using (Mirror<Reading> mirror = client.Mirror<Reading>("native/+/reading"))
{
    await mirror.StartAsync(patience.Token);
    await client.PublishAsync("native/a/reading", new Reading("a", 21.5), PublishOptions.Retained, cancellationToken: patience.Token);
    Expect(await mirror.WaitForAsync("native/a/reading", null, patience.Token) == new Reading("a", 21.5), "a mirror");
}

Subscription<double> changes = client.Subscribe<double>("native/b").OnlyChanges(0.5);
await changes.StartAsync(patience.Token);
foreach (double value in new[] { 1.0, 1.2, 2.0 }) await client.PublishAsync("native/b", value, cancellationToken: patience.Token);
List<double> seen = [];
await foreach (Message<double> message in changes.WithCancellation(patience.Token))
{
    seen.Add(message.Value);
    if (seen.Count == 2) break;
}

Expect(seen is [1.0, 2.0], "only changes");

await using (Responder responder = await client.RespondAsync<Reading, double>("native/ask", (request, _) => Task.FromResult(request.Value.Celsius * 2), cancellationToken: patience.Token))
{
    Expect(await client.RequestAsync<Reading, double>("native/ask", new Reading("c", 2), cancellationToken: patience.Token) == 4, "a request");
    await using Mirror<ServiceDescription> services = await client.Services().SettledAsync(cancellationToken: patience.Token);
    Expect(services.Values.Any(service => service.Topic == "native/ask" && service.RequestSchema?["properties"]?["celsius"] is not null), "a service with its schema");
}

await client.PublishAsync("native/a/reading", Array.Empty<byte>(), PublishOptions.Retained, cancellationToken: patience.Token);
Console.WriteLine("native: all is well");

static void Expect(bool isSo, string what)
{
    if (!isSo) throw new InvalidOperationException($"{what} did not work");
}

internal sealed record Reading(string Id, double Celsius);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Reading))]
[JsonSerializable(typeof(double))]
internal sealed partial class Readings : JsonSerializerContext;
