namespace Broker.Client;

/// <summary>How a responder answers.</summary>
public sealed record ResponderOptions
{
    /// <summary>Announced as version 1, in the group of all responders of this topic, four requests at a time.</summary>
    public static ResponderOptions Default { get; } = new();

    /// <summary>The version that is announced.</summary>
    public string Version { get; init; } = "1";

    /// <summary>For people who look at the announcement; null: none.</summary>
    public string? Description { get; init; }

    /// <summary>Responders of one group share the requests (<c>$share/group/topic</c>).</summary>
    public string Group { get; init; } = "responders";

    /// <summary>How many requests are answered at a time, 1 and more.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Whether <see cref="BrokerClient.Services"/> lists it.</summary>
    public bool Announce { get; init; } = true;
}
