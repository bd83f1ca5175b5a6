using System.Text;
using Broker.Client.Payloads;
using Broker.Client.Telemetry;

namespace Broker.Client.Requests;

/// <summary>
/// Tells which services this client answers: retained messages that live for a minute and are refreshed, so that those of a client that is gone
/// disappear by themselves with any broker. Thread-safe.
/// </summary>
internal sealed class Announcer : IDisposable
{
    private static readonly TimeSpan _refresh = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _lifetime = TimeSpan.FromSeconds(60);

    private readonly ClientCore _core;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServiceDescription> _services = new(StringComparer.Ordinal);
    private readonly ITimer _timer;

    public Announcer(ClientCore core)
    {
        _core = core;
        _timer = core.Runtime.Time.CreateTimer(_ => Refresh(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        core.SessionLost += Refresh; // a broker that lost the session may have lost retained messages too
    }

    /// <summary>A text as one level of a topic.</summary>
    public static string Level(string text) => Uri.EscapeDataString(text);

    public async Task AddAsync(ServiceDescription service)
    {
        lock (_gate)
        {
            _services[service.Topic] = service;
            _timer.Change(_refresh, _refresh);
        }

        await PublishAsync(service).ConfigureAwait(false);
    }

    public async Task RemoveAsync(string topic)
    {
        lock (_gate)
        {
            if (!_services.Remove(topic)) return;
            if (_services.Count == 0) _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        await AddAsync(new OutgoingMessage(TopicOf(topic), ReadOnlyMemory<byte>.Empty) { Options = PublishOptions.Retained }).ConfigureAwait(false);
    }

    public void Dispose() => _timer.Dispose();

    private void Refresh()
    {
        List<ServiceDescription> services;
        lock (_gate) services = [.. _services.Values];
        foreach (ServiceDescription service in services) _ = PublishAsync(service); // it logs its own faults
    }

    private Task PublishAsync(ServiceDescription service)
    {
        ReadOnlyMemory<byte> payload = _core.Codec.Write(service, PlainTypes.Default.ServiceDescription).Payload;
        return AddAsync(new OutgoingMessage(TopicOf(service.Topic), payload) { Options = new PublishOptions { Retain = true, Expiry = _lifetime, ContentType = PayloadCodec.Json } });
    }

    private async Task AddAsync(OutgoingMessage message)
    {
        try
        {
            await _core.AddAsync(message, awaited: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (BrokerClientException exception)
        {
            _core.Runtime.Log.AnnouncementFailed(message.Topic, exception);
        }
    }

    private string TopicOf(string topic) =>
        new StringBuilder(_core.Options.ServicePrefix).Append('/').Append(Level(_core.Loop.ClientId)).Append("/announced/").Append(topic.Replace("+", "%2B", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal)).ToString();
}
