using System.Globalization;
using Broker.Client.Throughput;

// Broker.Client against plain MQTTnet, taking turns on one broker: messages a second from a publisher, through the broker, to a subscriber that acknowledges.
// dotnet run -c Release --project benchmarks/Broker.Client.Throughput [-- messages rounds]
int messages = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 50_000;
int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 7;
await using BrokerUnderTest broker = await BrokerUnderTest.StartAsync();
Console.WriteLine($"{messages} messages of {Course.PayloadBytes} bytes, {Course.UnderWay} under way, {rounds} rounds each in turn, medians; {Environment.ProcessorCount} processors");
Console.WriteLine("| QoS | Broker.Client msg/s | MQTTnet msg/s | ratio |");
Console.WriteLine("|---|---|---|---|");
for (int qos = 0; qos <= 2; qos++)
{
    List<double> ours = [];
    List<double> plain = [];
    await Course.OursAsync(broker.Port, qos, messages / 5);
    await Course.PlainAsync(broker.Port, qos, messages / 5);
    for (int round = 0; round < rounds; round++)
    {
        ours.Add(await Course.OursAsync(broker.Port, qos, messages));
        plain.Add(await Course.PlainAsync(broker.Port, qos, messages));
    }

    double a = Median(ours);
    double b = Median(plain);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {qos} | {a:N0} | {b:N0} | {a / b:0.00} |"));
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
