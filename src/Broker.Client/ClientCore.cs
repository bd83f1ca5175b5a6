using System.Diagnostics;
using Broker.Client.Connection;
using Broker.Client.Payloads;
using Broker.Client.Publishing;
using Broker.Client.Requests;
using Broker.Client.Subscribing;
using Broker.Client.Telemetry;

namespace Broker.Client;

/// <summary>The parts of a client, wired; <see cref="BrokerClient"/> is their face.</summary>
internal sealed class ClientCore : IDisposable
{
    public ClientCore(BrokerClientOptions options, ClientRuntime runtime, Outbox outbox, Action<ConnectionState, bool, BrokerClientException?> report)
    {
        Options = options;
        Runtime = runtime;
        Codec = new PayloadCodec(options.Json);
        var inbox = new Inbox();
        Session = new ClientSession(outbox, inbox, new Subscriptions(inbox, Connections, runtime.Metrics, runtime.Log, Math.Max(1, options.ReceiveMaximum / 2)));
        Loop = new ConnectionLoop(options, Session, Connections, runtime, report);
        Requester = new Requester(this);
        Announcer = new Announcer(this);
    }

    public BrokerClientOptions Options { get; }

    public ClientRuntime Runtime { get; }

    public PayloadCodec Codec { get; }

    public ConnectionGate Connections { get; } = new();

    public ClientSession Session { get; }

    public ConnectionLoop Loop { get; }

    public Requester Requester { get; }

    public Announcer Announcer { get; }

    /// <summary>A connection without the session of an earlier one: what only the broker's session knew is gone.</summary>
    public event Action? SessionLost;

    /// <summary>Publishes and waits for the acknowledgement.</summary>
    public async Task<PublishResult> PublishAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        using Activity? activity = StartPublish(message.Topic);
        try
        {
            OutboxEntry entry = await AddAsync(message, awaited: true, cancellationToken).ConfigureAwait(false);
            return await entry.Completion!.Task.WaitAsync(cancellationToken).ConfigureAwait(false); // awaited says that there is one
        }
        catch (Exception exception) when (activity is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, exception.Message);
            throw;
        }
    }

    /// <summary>Puts a message into the outbound queue.</summary>
    public ValueTask<OutboxEntry> AddAsync(OutgoingMessage message, bool awaited, CancellationToken cancellationToken)
    {
        TopicRules.CheckTopic(message.Topic);
        return Session.Outbox.AddAsync(message, awaited, Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current.Id : null, cancellationToken);
    }

    /// <summary>A value as a message.</summary>
    public OutgoingMessage Message<T>(string topic, T value, PublishOptions? options, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T>? json)
    {
        (ReadOnlyMemory<byte> payload, string? contentType) = Codec.Write(value, json);
        options ??= PublishOptions.Default;
        if (contentType is not null && options.ContentType is null) options = options == PublishOptions.Default ? _json : options with { ContentType = contentType };
        return new OutgoingMessage(topic, payload) { Options = options };
    }

    /// <summary>A span around one received message.</summary>
    public static Activity? StartReceive(Delivery delivery)
    {
        if (!ClientMetrics.Activities.HasListeners()) return null;
        ActivityContext.TryParse(delivery.Property("traceparent"), null, isRemote: true, out ActivityContext parent);
        Activity? activity = ClientMetrics.Activities.StartActivity("receive", ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.system", "mqtt");
        activity?.SetTag("messaging.destination.name", delivery.Topic);
        return activity;
    }

    /// <summary>A message could not be read or handled.</summary>
    public void Poisoned(Delivery delivery, string type, Exception exception)
    {
        Runtime.Metrics.Poisoned();
        Runtime.Log.Poisoned(delivery.Topic, type, exception);
    }

    /// <summary>Runs the application's code where its faults must not reach ours.</summary>
    public void Isolated(Action handler)
    {
        try
        {
            handler();
        }
        catch (Exception exception)
        {
            Runtime.Log.HandlerFailed(exception);
        }
    }

    /// <summary>Raises an event: one handler's fault reaches neither us nor the other handlers.</summary>
    public void Raise<T>(EventHandler<T>? handlers, object sender, T what)
    {
        if (handlers is null) return;
        foreach (EventHandler<T> handler in Delegate.EnumerateInvocationList(handlers)) Isolated(() => handler(sender, what));
    }

    /// <summary>Tells our own parts about a connection without its earlier session.</summary>
    public void OnSessionLost() => SessionLost?.Invoke();

    public void Dispose()
    {
        Announcer.Dispose();
        Session.Outbox.Dispose();
        Runtime.Metrics.Dispose();
    }

    private static readonly PublishOptions _json = new() { ContentType = PayloadCodec.Json };

    private Activity? StartPublish(string topic)
    {
        Activity? activity = ClientMetrics.Activities.StartActivity("publish", ActivityKind.Producer);
        activity?.SetTag("messaging.system", "mqtt");
        activity?.SetTag("messaging.destination.name", topic);
        activity?.SetTag("messaging.client.id", Loop.ClientId);
        return activity;
    }
}
