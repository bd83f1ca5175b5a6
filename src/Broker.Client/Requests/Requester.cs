using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Broker.Client.Subscribing;
using Broker.Client.Telemetry;
using Polly.CircuitBreaker;

namespace Broker.Client.Requests;

/// <summary>Sends requests and matches the answers, which come to one topic of this client's, by correlation data. Thread-safe.</summary>
internal sealed class Requester(ClientCore core)
{
    /// <summary>The user property that marks an answer as an error: its code.</summary>
    public const string ErrorProperty = "error";

    /// <summary>The user property with an error's text.</summary>
    public const string ErrorMessageProperty = "error-message";

    private const int MaxCircuits = 10_000;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Delivery>> _open = new();
    private readonly ConcurrentDictionary<string, Circuit> _circuits = new(StringComparer.Ordinal);
    private readonly DeliveryQueue _answers = new(int.MaxValue, Overflow.Wait);
    private long _correlation = Random.Shared.NextInt64(); // an answer to an earlier process must not be taken for ours
    private Task? _subscribed;
    private Task? _loop;

    private string AnswerTopic => $"{core.Options.ServicePrefix}/{Announcer.Level(core.Loop.ClientId)}/answers";

    /// <summary>The circuit of a topic.</summary>
    public Circuit Circuit(string topic)
    {
        if (_circuits.TryGetValue(topic, out Circuit? circuit)) return circuit;
        if (_circuits.Count >= MaxCircuits)
        {
            foreach ((string idle, Circuit one) in _circuits)
            {
                if (one.State == CircuitState.Closed) _circuits.TryRemove(idle, out _);
            }
        }

        return _circuits.GetOrAdd(topic, name => new Circuit(name, core.Options.CircuitBreaker, core.Runtime.Time, (changed, state, handlers) =>
        {
            core.Runtime.Log.CircuitChanged(changed.Topic, state);
            core.Raise(handlers, changed, state);
        }));
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    public async Task<Delivery> RequestAsync(OutgoingMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = core.Runtime.Time.GetTimestamp();
        string outcome = "ok";
        using Activity? activity = ClientMetrics.Activities.StartActivity("request", ActivityKind.Client);
        activity?.SetTag("messaging.destination.name", request.Topic);
        try
        {
            return await Circuit(request.Topic).Pipeline.ExecuteAsync(async token => await AskAsync(request, timeout, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenCircuitException exception)
        {
            outcome = nameof(BrokerClientError.CircuitOpen);
            throw new BrokerClientException(
                BrokerClientError.CircuitOpen, $"Requests to {request.Topic} are not sent now, because too many went unanswered; its circuit is {Circuit(request.Topic).State}", isTransient: true, innerException: exception);
        }
        catch (BrokerClientException exception)
        {
            outcome = exception is RemoteException remote ? remote.Code : exception.Error.ToString();
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            throw;
        }
        finally
        {
            core.Runtime.Metrics.Requested(core.Runtime.Time.GetElapsedTime(start), outcome);
        }
    }

    /// <summary>No answer will come any more.</summary>
    public Task CloseAsync()
    {
        _answers.Close(null, completeWaiting: true);
        return _loop ?? Task.CompletedTask;
    }

    private async Task<Delivery> AskAsync(OutgoingMessage request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, core.Runtime.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        long correlation = Interlocked.Increment(ref _correlation);
        var answer = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[correlation] = answer;
        try
        {
            await SubscribedAsync().WaitAsync(both.Token).ConfigureAwait(false);
            PublishResult result = await core.PublishAsync(WithReturnAddress(request, correlation, timeout), both.Token).ConfigureAwait(false);
            if (result == PublishResult.NoSubscribers)
            {
                throw new BrokerClientException(BrokerClientError.NoResponder, $"Nobody answers requests on {request.Topic}", isTransient: true);
            }

            Delivery delivery = await answer.Task.WaitAsync(both.Token).ConfigureAwait(false);
            if (delivery.Property(ErrorProperty) is { } code) throw new RemoteException(code, delivery.Property(ErrorMessageProperty) ?? code, delivery.Payload);
            return delivery;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new BrokerClientException(BrokerClientError.Timeout, $"No answer to the request on {request.Topic} within {timeout}", isTransient: true);
        }
        catch (BrokerClientException exception) when (exception.Error == BrokerClientError.Expired)
        {
            throw new BrokerClientException(BrokerClientError.Timeout, $"The request on {request.Topic} could not be sent within {timeout}", isTransient: true, innerException: exception);
        }
        finally
        {
            _open.TryRemove(correlation, out _);
        }
    }

    private OutgoingMessage WithReturnAddress(OutgoingMessage request, long correlation, TimeSpan timeout)
    {
        var data = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(data, correlation);
        return request with { Options = request.Options with { ResponseTopic = AnswerTopic, CorrelationData = data, Expiry = timeout } };
    }

    private Task SubscribedAsync()
    {
        lock (_gate)
        {
            if (_subscribed is { IsFaulted: false, IsCanceled: false }) return _subscribed;
            _loop ??= ReadAnswersAsync();
            return _subscribed = SubscribeAsync();
        }
    }

    private async Task SubscribeAsync()
    {
        await core.Connections.WaitAsync(CancellationToken.None).ConfigureAwait(false); // the broker may choose the client identifier
        var options = new FilterOptions(QualityOfService.AtLeastOnce, InitialValues: false, NoLocal: false, []);
        await core.Session.Subscriptions.AddAsync(AnswerTopic, options, _answers, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task ReadAnswersAsync()
    {
        while (await _answers.TakeAsync(CancellationToken.None).ConfigureAwait(false) is { } delivery)
        {
            delivery.Complete();
            if (delivery.CorrelationData.Length != sizeof(long)) continue;
            if (_open.TryGetValue(BinaryPrimitives.ReadInt64BigEndian(delivery.CorrelationData.Span), out TaskCompletionSource<Delivery>? answer)) answer.TrySetResult(delivery);
        }
    }
}
