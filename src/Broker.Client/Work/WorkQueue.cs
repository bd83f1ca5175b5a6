using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Broker.Client.Telemetry;
using Polly;
using Polly.Retry;

namespace Broker.Client.Work;

/// <summary>
/// A worker: a connection of its own to a shared subscription, so that its Receive Maximum is the number of messages that it holds and no other traffic waits
/// for it. When it goes, what it has not acknowledged goes to the other workers, because its session ends with it.
/// </summary>
internal sealed class WorkQueue<T>(ClientCore core, string filter, string group, JsonTypeInfo<T>? json)
{
    private const int AheadOfEachHandler = 4;

    /// <summary>Messages at the loop's pace, each acknowledged when the next is taken.</summary>
    public async IAsyncEnumerable<Message<T>> PullAsync(int max, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BrokerClient worker = Worker(max);
        await using (worker.ConfigureAwait(false))
        {
            worker.Start();
            Subscription<T> subscription = worker.Subscribe(Shared(), Options(max, null), json);
            await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
            while (await subscription.Queue.TakeAsync(cancellationToken).ConfigureAwait(false) is { } delivery)
            {
                if (subscription.Read(delivery) is not { } message) continue;
                yield return message;
                delivery.Complete();
            }
        }
    }

    /// <summary>Messages to a handler, some at a time, until cancelled.</summary>
    public async Task ProcessAsync(Func<Message<T>, CancellationToken, Task> handler, ProcessOptions options, CancellationToken cancellationToken)
    {
        int ahead = Math.Min(options.Parallelism * AheadOfEachHandler, ushort.MaxValue);
        BrokerClient worker = Worker(ahead);
        await using (worker.ConfigureAwait(false))
        {
            worker.Start();
            Subscription<T> subscription = worker.Subscribe(Shared(), Options(ahead, options.OnPoisoned), json);
            await subscription.StartAsync(cancellationToken).ConfigureAwait(false);
            ResiliencePipeline retry = Retry(options);
            await Task.WhenAll(Enumerable.Range(0, options.Parallelism).Select(_ => RunAsync(subscription, handler, retry, options, cancellationToken))).ConfigureAwait(false);
        }
    }

    private static SubscribeOptions Options(int capacity, Action<Message<ReadOnlyMemory<byte>>, Exception>? onPoisoned) =>
        new() { Qos = QualityOfService.AtLeastOnce, Capacity = capacity, InitialValues = false, OnPoisoned = onPoisoned };

    private string Shared() => $"$share/{group}/{filter}";

    private BrokerClient Worker(int receiveMaximum)
    {
        BrokerClientOptions from = core.Options;
        var options = new BrokerClientOptions
        {
            ClientId = $"{core.Loop.ClientId}-{Guid.NewGuid():N}",
            UserName = from.UserName,
            Password = from.Password,
            Credentials = from.Credentials,
            Tls = from.Tls,
            KeepAlive = from.KeepAlive,
            ConnectTimeout = from.ConnectTimeout,
            MaxPacketBytes = from.MaxPacketBytes,
            Json = from.Json,
            SessionExpiry = TimeSpan.Zero,
            ReceiveMaximum = receiveMaximum,
        };
        options.ConnectTo([.. from.Addresses]);
        options.Reconnect.FirstDelay = from.Reconnect.FirstDelay;
        options.Reconnect.MaxDelay = from.Reconnect.MaxDelay;
        return new BrokerClient(options, core.Runtime.Log, core.Runtime.Time);
    }

    private ResiliencePipeline Retry(ProcessOptions options)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = core.Runtime.Time };
        if (options.Attempts == 1) return builder.Build();
        return builder.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = options.Attempts - 1,
            ShouldHandle = new PredicateBuilder().Handle<Exception>(exception => exception is not OperationCanceledException),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(options.RetryDelay * Math.Pow(2, Math.Min(arguments.AttemptNumber, 20)) * Random.Shared.NextDouble()),
        }).Build();
    }

    private async Task RunAsync(Subscription<T> subscription, Func<Message<T>, CancellationToken, Task> handler, ResiliencePipeline retry, ProcessOptions options, CancellationToken cancellationToken)
    {
        while (await subscription.Queue.TakeAsync(cancellationToken).ConfigureAwait(false) is { } delivery)
        {
            if (subscription.Read(delivery) is not { } message) continue;
            using (ClientCore.StartReceive(delivery))
            {
                try
                {
                    await retry.ExecuteAsync(async token => await handler(message, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    throw; // not acknowledged: another worker gets it
                }
                catch (Exception exception)
                {
                    core.Runtime.Log.WorkFailed(delivery.Topic, options.Attempts, exception);
                    subscription.Poisoned(delivery, exception);
                    continue;
                }
            }

            delivery.Complete();
        }
    }
}
