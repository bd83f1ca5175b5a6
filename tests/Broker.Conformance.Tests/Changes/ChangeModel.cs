using System.Globalization;
using System.Text.Json;

namespace Broker.Conformance.Tests.Changes;

/// <summary>What one subscriber gets, written from the text of the contract: slow, plain, one object a subscriber.</summary>
internal sealed class ChangeModel(ChangeModel.Tally tally, params ChangeModel.Part[] parts)
{
    private readonly Dictionary<string, Topic> _topics = [];

    /// <summary>The tightest maximum silence in milliseconds; 0 for none.</summary>
    private readonly long _maxSilence = parts.Select(p => p.MaxSilence).Where(s => s > 0).DefaultIfEmpty(0).Min();

    /// <summary>The longest minimum interval in milliseconds; 0 for none.</summary>
    private readonly long _minInterval = parts.Select(p => p.MinInterval).Max();

    /// <summary>What counts, and how often.</summary>
    /// <param name="Band">The absolute band; null for none.</param>
    /// <param name="Percent">The band in percent; null for none.</param>
    /// <param name="Pointer">The one property of a JSON object that counts; null for the whole value.</param>
    /// <param name="MinInterval">Milliseconds.</param>
    /// <param name="MaxSilence">Milliseconds.</param>
    public sealed record Part(double? Band = null, double? Percent = null, string? Pointer = null, long MinInterval = 0, long MaxSilence = 0);

    /// <summary>What the counters of the broker have to say.</summary>
    public sealed class Tally
    {
        public long Sent { get; set; }

        public long Suppressed { get; set; }

        public long Conflated { get; set; }
    }

    /// <summary>A value was published: it waits, or it takes the place of what waits, or nothing waits any more.</summary>
    public void Publish(string topic, string value, int qos, long now, bool isAbsent)
    {
        Topic state = Of(topic);
        if (state.IsForgotten) state.Sent = null;
        state.IsForgotten = false;
        bool isSilent = _maxSilence > 0 && now - state.SentAt > _maxSilence;
        bool goesOut = state.Sent is null || isSilent || parts.All(p => IsChange(p, state.Sent, value));
        if (state.Waiting == value && IsDue(state, now)) qos = Math.Max(qos, state.WaitingQos); // the same value, which will be acknowledged
        if (isAbsent && state.Waiting is not null && state.WaitingQos > 0 && IsDue(state, now)) qos = state.WaitingQos; // it takes the place of one that is kept
        if (state.Waiting is not null) tally.Conflated++;
        if (!goesOut) tally.Suppressed++;
        (state.Waiting, state.WaitingQos) = (goesOut ? value : null, qos);
    }

    /// <summary>The subscriber is owed the topic's value as it is, whatever it was sent before.</summary>
    public void First(string topic, string value, long now)
    {
        Topic state = Of(topic);
        tally.Sent++;
        (state.Sent, state.SentAt, state.Waiting, state.IsForgotten) = (value, now, null, false);
    }

    /// <summary>The broker forgot the topic: what comes next counts as a change.</summary>
    public void Forget(string topic) => Of(topic).IsForgotten = true;

    /// <summary>What is sent to a subscriber that takes everything, in this moment.</summary>
    public IEnumerable<(string Topic, string Value)> Take(long now)
    {
        foreach ((string topic, Topic state) in _topics)
        {
            if (!IsDue(state, now)) continue;
            (state.Sent, state.SentAt) = (state.Waiting, now);
            state.Waiting = null;
            tally.Sent++;
            yield return (topic, state.Sent!); // it was not null while it waited
        }
    }

    /// <summary>Whether the subscriber knows a value: it has it, or it has one that does not differ from it by what counts.</summary>
    public bool Knows(string topic, string value) => Of(topic).Sent is { } sent && (sent == value || !parts.All(p => IsChange(p, sent, value)));

    /// <summary>Whether something waits.</summary>
    public bool Waits(string topic) => Of(topic).Waiting is not null;

    /// <summary>What it was sent last.</summary>
    public string? LastSent(string topic) => Of(topic).Sent;

    /// <summary>The connection is lost, and with it what was about to be sent at QoS 0.</summary>
    public void Lose(long now)
    {
        foreach (Topic state in _topics.Values.Where(t => t.WaitingQos == 0 && IsDue(t, now))) state.Waiting = null;
    }

    private bool IsDue(Topic state, long now) =>
        state.Waiting is not null && (state.Sent is null || now >= state.SentAt + _minInterval);

    private static bool IsChange(Part part, string last, string next)
    {
        if (last.Length == 0 || next.Length == 0) return true;
        string? a = part.Pointer is null ? last : Place(part.Pointer, last);
        string? b = part.Pointer is null ? next : Place(part.Pointer, next);
        if (a is null || b is null) return true; // not JSON
        if (part.Band is null && part.Percent is null) return a != b;
        bool areNumbers = TryRead(a, out double before) & TryRead(b, out double after);
        return !areNumbers || Math.Abs(after - before) > (part.Band ?? (part.Percent!.Value / 100 * Math.Abs(before)));
    }

    private static bool TryRead(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    /// <summary>The property's text; "nothing" where there is none; null where the value is not JSON.</summary>
    private static string? Place(string pointer, string value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            bool isThere = document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty(pointer, out JsonElement _);
            return isThere ? document.RootElement.GetProperty(pointer).GetRawText() : "nothing";
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Topic Of(string topic)
    {
        if (!_topics.TryGetValue(topic, out Topic? state)) _topics[topic] = state = new Topic();
        return state;
    }

    private sealed class Topic
    {
        public string? Sent { get; set; }

        public long SentAt { get; set; }

        public bool IsForgotten { get; set; }

        public string? Waiting { get; set; }

        public int WaitingQos { get; set; }
    }
}
