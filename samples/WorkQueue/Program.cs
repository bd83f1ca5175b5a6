// A work queue: any number of workers share the jobs. One pulls at its own pace, the other is pushed four at a time; both may run at once.
// dotnet run --project samples/WorkQueue -- submit|pull|process [count] [address]
string role = args.ElementAtOrDefault(0) ?? "process";
int count = int.Parse(args.ElementAtOrDefault(1) ?? "10", null);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
await using BrokerClient client = await BrokerClient.ConnectAsync(args.ElementAtOrDefault(2) ?? "mqtt://127.0.0.1:1883");

try
{
    switch (role)
    {
        case "submit":
            for (int i = 0; i < count; i++)
            {
                PublishResult result = await client.PublishAsync("jobs/resize", new Job(i, $"image-{i}.png"));
                Console.WriteLine($"job {i}: {result}");
            }

            break;

        case "pull":
            Console.WriteLine("pulls, two at a time");
            await foreach (Message<Job> job in client.Pull<Job>("jobs/resize", max: 2, cancellationToken: stop.Token)) await ResizeAsync(job.Value, stop.Token);
            break;

        default:
            Console.WriteLine("processes, four at a time");
            await client.ProcessAsync<Job>("jobs/resize", (job, token) => ResizeAsync(job.Value, token), new ProcessOptions { Parallelism = 4 }, cancellationToken: stop.Token);
            break;
    }
}
catch (OperationCanceledException)
{
    Console.WriteLine("stopped; unfinished jobs go to the other workers");
}

static async Task ResizeAsync(Job job, CancellationToken cancellationToken)
{
    await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
    Console.WriteLine($"resized {job.File}");
}

internal sealed record Job(int Number, string File);
