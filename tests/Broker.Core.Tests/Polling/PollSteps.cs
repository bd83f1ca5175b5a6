using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Polling;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Testing;
using Broker.Testing.Wire;
using Xunit;

namespace Broker.Core.Tests.Polling;

/// <summary>What the tests of polling do again and again.</summary>
internal static class PollSteps
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    /// <summary>Whose rights count.</summary>
    public static AccessSubject Caller { get; } = new(Principal.Anonymous, "", null);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>What an MQTT client publishes.</summary>
    public static void Publish(this TestClient client, string topic, string payload, bool retain = false, Properties? properties = null) =>
        client.Send(ClientPackets.Publish(client.Version, topic, payload, retain: retain, properties: properties));

    /// <summary>An answer that is there at once.</summary>
    public static PollResult Read(this TestBroker broker, string topic, params ValueTag[] known)
    {
        Task<PollResult> reading = broker.Poll(topic, TimeSpan.Zero, new KnownTags(known, IsAny: false));
        Assert.True(reading.IsCompletedSuccessfully);
        return reading.Result;
    }

    /// <summary>The tag of a topic's value.</summary>
    public static ValueTag TagOf(this TestBroker broker, string topic)
    {
        using TopicValue value = broker.Read(topic).Value!;
        return value.Tag;
    }

    /// <summary>A poll that may wait.</summary>
    public static Task<PollResult> Poll(this TestBroker broker, string topic, TimeSpan wait, KnownTags known) =>
        broker.Broker.Polling.ReadAsync(Caller, Utf8(topic), known, wait, CancellationToken.None).AsTask();

    /// <summary>A poll that waits for a value that differs from the topic's own.</summary>
    public static Task<PollResult> PollForChange(this TestBroker broker, string topic, TimeSpan wait) =>
        broker.PollUntilGone(topic, wait, CancellationToken.None);

    /// <inheritdoc cref="PollForChange"/>
    public static Task<PollResult> PollUntilGone(this TestBroker broker, string topic, TimeSpan wait, CancellationToken gone, CancellationToken closing = default) =>
        broker.Broker.Polling.ReadAsync(Caller, Utf8(topic), new KnownTags([broker.TagOf(topic)], IsAny: false), wait, gone, closing).AsTask();

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(_patience);

    public static string Text(this PollResult result)
    {
        Assert.Equal(PollStatus.Ok, result.Status);
        using TopicValue value = result.Value!;
        return Encoding.UTF8.GetString(value.Payload);
    }

    public static Task<PollStatus> Put(this TestBroker broker, string topic, string payload, QualityOfService qos = default, bool retain = false) =>
        broker.Broker.Polling.PublishAsync(
            Caller, new TopicPublication { Topic = Utf8(topic), Payload = Utf8(payload), Qos = qos, Retain = retain }).AsTask();
}
