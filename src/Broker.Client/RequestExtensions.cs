using System.Text.Json.Serialization.Metadata;
using Broker.Client.Requests;
using Broker.Client.Subscribing;

namespace Broker.Client;

/// <summary>Request and response (MQTT 5, 4.10).</summary>
public static class RequestExtensions
{
    /// <summary>Sends a request and waits for the answer of one responder.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The responders' topic.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">How; null: the client's timeout.</param>
    /// <param name="requestJson">How to write the request; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="responseJson">How to read the answer; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RemoteException">The responder answered with an error.</exception>
    /// <exception cref="BrokerClientException"><see cref="BrokerClientError.Timeout"/>, <see cref="BrokerClientError.NoResponder"/>, <see cref="BrokerClientError.CircuitOpen"/>, <see cref="BrokerClientError.BadPayload"/>, or what publishing throws.</exception>
    public static async Task<TResponse> RequestAsync<TRequest, TResponse>(
        this BrokerClient client,
        string topic,
        TRequest request,
        RequestOptions? options = null,
        JsonTypeInfo<TRequest>? requestJson = null,
        JsonTypeInfo<TResponse>? responseJson = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= RequestOptions.Default;
        OutgoingMessage message = client.Core.Message(topic, request, new PublishOptions { UserProperties = options.UserProperties }, requestJson);
        Delivery answer = await client.Core.Requester.RequestAsync(message, options.Timeout ?? client.Core.Options.RequestTimeout, cancellationToken).ConfigureAwait(false);
        return client.Core.Codec.Read(answer.Payload, responseJson);
    }

    /// <summary>Answers requests until the responder is disposed; several responders of a topic share its requests.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic of the requests; with a wildcard, <see cref="Message{T}.Topic"/> says which.</param>
    /// <param name="handler">Makes the answer. A <see cref="RemoteException"/> reaches the requester as it is; any other exception as <see cref="RemoteException.InternalCode"/>, without its text. The token fires when the responder has stopped.</param>
    /// <param name="options">How; null: <see cref="ResponderOptions.Default"/>.</param>
    /// <param name="requestJson">How to read requests; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="responseJson">How to write answers; null: <see cref="BrokerClientOptions.Json"/>.</param>
    /// <param name="cancellationToken">Ends the wait for the subscription.</param>
    /// <exception cref="BrokerClientException">The broker refuses the shared subscription.</exception>
    public static Task<Responder> RespondAsync<TRequest, TResponse>(
        this BrokerClient client,
        string topic,
        Func<Message<TRequest>, CancellationToken, Task<TResponse>> handler,
        ResponderOptions? options = null,
        JsonTypeInfo<TRequest>? requestJson = null,
        JsonTypeInfo<TResponse>? responseJson = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handler);
        TopicRules.CheckFilter(topic);
        options ??= ResponderOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1);
        return new ResponderLoop<TRequest, TResponse>(client.Core, topic, handler, options, requestJson, responseJson).StartAsync(cancellationToken);
    }
}
