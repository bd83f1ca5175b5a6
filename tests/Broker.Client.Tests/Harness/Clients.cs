using Broker.Host.Tests.Harness;

namespace Broker.Client.Tests.Harness;

/// <summary>Clients for tests: quick to come back, patient otherwise.</summary>
internal static class Clients
{
    public static BrokerClientOptions Options(params string[] addresses)
    {
        BrokerClientOptions options = new BrokerClientOptions().ConnectTo(addresses);
        options.Reconnect.FirstDelay = TimeSpan.FromMilliseconds(2);
        options.Reconnect.MaxDelay = TimeSpan.FromMilliseconds(50);
        return options;
    }

    public static async Task<BrokerClient> ConnectAsync(string address, Action<BrokerClientOptions>? configure = null)
    {
        BrokerClientOptions options = Options(address);
        configure?.Invoke(options);
        var client = new BrokerClient(options);
        await client.ConnectAsync(Eventually.Deadline());
        return client;
    }

    /// <summary>The next messages of a subscription that has begun.</summary>
    public static async Task<List<Message<T>>> TakeAsync<T>(this Subscription<T> subscription, int count)
    {
        List<Message<T>> messages = [];
        await foreach (Message<T> message in subscription.WithCancellation(Eventually.Deadline()))
        {
            messages.Add(message);
            if (messages.Count == count) break;
        }

        return messages;
    }

    public static async Task<Subscription<T>> StartedAsync<T>(this Subscription<T> subscription)
    {
        await subscription.StartAsync(Eventually.Deadline());
        return subscription;
    }

    public static OutgoingMessage Text(string topic, string text, QualityOfService qos = QualityOfService.AtLeastOnce) =>
        new(topic, System.Text.Encoding.UTF8.GetBytes(text)) { Options = new PublishOptions { Qos = qos } };
}
