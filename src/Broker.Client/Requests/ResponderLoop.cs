using System.Diagnostics;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Broker.Client.Subscribing;
using Broker.Client.Telemetry;

namespace Broker.Client.Requests;

/// <summary>Answers the requests of one topic, some at a time. A request is acknowledged after its answer is in the outbound queue.</summary>
internal sealed class ResponderLoop<TRequest, TResponse>(
    ClientCore core,
    string topic,
    Func<Message<TRequest>, CancellationToken, Task<TResponse>> handler,
    ResponderOptions options,
    JsonTypeInfo<TRequest>? requestJson,
    JsonTypeInfo<TResponse>? responseJson)
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly DeliveryQueue _queue = new(int.MaxValue, Overflow.Wait);

    private string Filter => $"$share/{options.Group}/{topic}";

    public async Task<Responder> StartAsync(CancellationToken cancellationToken)
    {
        var filter = new FilterOptions(QualityOfService.AtLeastOnce, InitialValues: false, NoLocal: false, []);
        await core.Session.Subscriptions.AddAsync(Filter, filter, _queue, cancellationToken).ConfigureAwait(false);
        Task[] loops = [.. Enumerable.Range(0, options.Parallelism).Select(_ => RunAsync())];
        if (options.Announce)
        {
            await core.Announcer.AddAsync(new ServiceDescription(topic, options.Version, core.Loop.ClientId, Schema(requestJson), Schema(responseJson), options.Description)).ConfigureAwait(false);
        }

        return new Responder(topic, () => StopAsync(loops));
    }

    private async ValueTask StopAsync(Task[] loops)
    {
        if (options.Announce) await core.Announcer.RemoveAsync(topic).ConfigureAwait(false);
        await core.Session.Subscriptions.RemoveAsync(Filter, _queue).ConfigureAwait(false);
        _queue.Close(null, completeWaiting: false);
        await Task.WhenAll(loops).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _queue.TakeAsync(CancellationToken.None).ConfigureAwait(false) is { } delivery)
            {
                using (ClientCore.StartReceive(delivery)) await AnswerAsync(delivery).ConfigureAwait(false);
                delivery.Complete();
            }
        }
        catch (BrokerClientException exception)
        {
            core.Runtime.Log.SubscriptionLost(Filter, exception);
        }
    }

    private async Task AnswerAsync(Delivery delivery)
    {
        try
        {
            TRequest request = core.Codec.Read(delivery.Payload, requestJson);
            TResponse response = await handler(new Message<TRequest>(delivery, request), _stopping.Token).ConfigureAwait(false);
            await SendAsync(delivery, core.Message(delivery.ResponseTopic ?? topic, response, null, responseJson)).ConfigureAwait(false);
        }
        catch (RemoteException exception)
        {
            await FailAsync(delivery, exception).ConfigureAwait(false);
        }
        catch (BrokerClientException exception) when (exception.Error == BrokerClientError.BadPayload)
        {
            core.Poisoned(delivery, typeof(TRequest).Name, exception);
            await FailAsync(delivery, new RemoteException(RemoteException.BadRequestCode, exception.Message)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The application's fault must not end the loop; its text may hold what the requester is not to see.
            core.Runtime.Log.ResponderFailed(topic, RemoteException.InternalCode, exception);
            Activity.Current?.SetStatus(ActivityStatusCode.Error, exception.Message);
            await FailAsync(delivery, new RemoteException(RemoteException.InternalCode, "The responder failed")).ConfigureAwait(false);
        }
    }

    private Task FailAsync(Delivery delivery, RemoteException error) => SendAsync(delivery, new OutgoingMessage(delivery.ResponseTopic ?? topic, error.Details)
    {
        Options = new PublishOptions { UserProperties = [new(Requester.ErrorProperty, error.Code), new(Requester.ErrorMessageProperty, error.Message)] },
    });

    private async Task SendAsync(Delivery delivery, OutgoingMessage answer)
    {
        if (string.IsNullOrEmpty(delivery.ResponseTopic)) return;
        try
        {
            OutgoingMessage addressed = answer with { Options = answer.Options with { CorrelationData = delivery.CorrelationData, Expiry = core.Options.RequestTimeout } };
            await core.AddAsync(addressed, awaited: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BrokerClientException or ArgumentException)
        {
            core.Runtime.Log.ResponderFailed(topic, "no answer", exception); // a response topic that is none, or the client is over
        }
    }

    private System.Text.Json.Nodes.JsonNode? Schema<T>(JsonTypeInfo<T>? json)
    {
        if (typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>) || typeof(T) == typeof(string)) return null;
        return (json ?? core.Codec.TypeInfo<T>()).GetJsonSchemaAsNode();
    }
}
