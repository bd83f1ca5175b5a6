// Request and response: one program adds numbers, another asks it, a third lists what can be asked.
// dotnet run --project samples/RequestResponse -- serve|ask|list [left] [right] [address]
string role = args.ElementAtOrDefault(0) ?? "serve";
string address = args.ElementAtOrDefault(3) ?? "mqtt://127.0.0.1:1883";
await using BrokerClient client = await BrokerClient.ConnectAsync(address);

switch (role)
{
    case "serve":
        var stop = new TaskCompletionSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.TrySetResult();
        };
        await using (Responder responder = await client.RespondAsync<Numbers, int>("math/divide", (request, _) => Task.FromResult(Divide(request.Value))))
        {
            Console.WriteLine($"answers on {responder.Topic}");
            await stop.Task;
        }

        break;

    case "ask":
        var numbers = new Numbers(int.Parse(args[1], null), int.Parse(args[2], null));
        try
        {
            Console.WriteLine(await client.RequestAsync<Numbers, int>("math/divide", numbers));
        }
        catch (RemoteException error)
        {
            Console.WriteLine($"{error.Code}: {error.Message}");
        }

        break;

    default:
        await using (Mirror<ServiceDescription> services = await client.Services().SettledAsync(TimeSpan.FromSeconds(1)))
        {
            foreach (ServiceDescription service in services.Values) Console.WriteLine($"{service.Topic} {service.Version} by {service.ClientId}: {service.RequestSchema}");
        }

        break;
}

static int Divide(Numbers numbers) =>
    numbers.Right == 0 ? throw new RemoteException("division-by-zero", $"{numbers.Left} by nothing") : numbers.Left / numbers.Right;

internal sealed record Numbers(int Left, int Right);
