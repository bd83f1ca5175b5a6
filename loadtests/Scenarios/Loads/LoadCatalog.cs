namespace Broker.LoadTests.Loads;

/// <summary>The ordinary load scenarios.</summary>
public static class LoadCatalog
{
    public static IReadOnlyList<LoadDefinition> All { get; } =
    [
        new("one-to-one", "2,000 messages/s over 50 pairs of publisher and subscriber, QoS 1", false, Deliver.OneToOne),
        new("fan-out", "20 messages/s to 200 subscribers each, QoS 0", false, Deliver.FanOut),
        new("fan-in", "2,000 messages/s from 100 publishers to one subscriber, QoS 0", false, Deliver.FanIn),
        new("many-topics", "1,000 messages/s over 10,000 topics to 10 subscribers with wildcards, QoS 0", false, Deliver.ManyTopics),
        new("slow-consumers", "500 messages/s to 10 subscribers, while 10 others on the same topic do not read", false, Deliver.SlowConsumers),
        new("connect-storm", "100 clients/s connect, subscribe and leave", false, Connections.Storm),
        new("idle-connections", "2,000 clients that do nothing; 50 messages/s to one of them", false, Connections.Idle),
        new("waiting-polls", "2,000 HTTP long polls that wait, over HTTP/2; 50 changes/s, each answers one", true, WaitingPolls.Create),
        new("reconnect", "10 clients lose their connection, miss ten messages, come back and catch up, QoS 1", false, Connections.Reconnect),
        new("change-ratio", "1,000 publications/s of which every tenth is a change, to a change-only subscriber", true, ChangeRatio.Create),
    ];

    /// <exception cref="FormatException">There is none of this name.</exception>
    public static LoadDefinition Of(string name) =>
        All.FirstOrDefault(load => load.Name == name) ?? throw new FormatException($"There is no scenario '{name}'; there are {string.Join(", ", All.Select(load => load.Name))}.");
}
