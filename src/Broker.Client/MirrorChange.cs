namespace Broker.Client;

/// <summary>A change of a <see cref="Mirror{T}"/>.</summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <param name="Topic">Which topic.</param>
/// <param name="Value">Its value now; the default where <paramref name="IsRemoved"/>.</param>
/// <param name="IsRemoved">Whether the topic's value was cleared (an empty payload).</param>
/// <param name="At">When it arrived here.</param>
public sealed record MirrorChange<T>(string Topic, T? Value, bool IsRemoved, DateTimeOffset At);
