using Broker.LoadTests.Brokers;

namespace Broker.LoadTests.Loads;

/// <summary>What a load scenario works with, and where it leaves what no step can say.</summary>
public sealed class LoadEnvironment(BrokerUnderTest broker, LoadSettings settings)
{
    private readonly Lock _gate = new();
    private readonly List<string> _notes = [];

    public BrokerUnderTest Broker => broker;

    public LoadSettings Settings => settings;

    /// <summary>Findings beside the steps, such as memory for each connection.</summary>
    public IReadOnlyList<string> Notes
    {
        get { lock (_gate) return [.. _notes]; }
    }

    public void Note(string text)
    {
        lock (_gate) _notes.Add(text);
    }
}
