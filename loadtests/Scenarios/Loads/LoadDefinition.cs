using Broker.LoadTests.Engine;

namespace Broker.LoadTests.Loads;

/// <summary>A load scenario by name.</summary>
/// <param name="Name">As the command line calls it.</param>
/// <param name="Description">What it is for.</param>
/// <param name="NeedsOwnBroker">Whether it uses what other brokers do not have.</param>
/// <param name="Create">Makes it for a broker.</param>
public sealed record LoadDefinition(string Name, string Description, bool NeedsOwnBroker, Func<LoadEnvironment, LoadScenario> Create);
