namespace Broker.Host;

/// <summary>
/// For the tests of the crash tests: breaks the store on purpose, to see that they notice. Chosen by an environment variable that
/// nobody sets by accident, and told in the log at every start.
/// </summary>
internal static class SeededDefect
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "BROKER_TEST_SEEDED_DEFECT";

    /// <summary>Acknowledges before anything is written.</summary>
    public const string AcknowledgesEarly = "acknowledge-early";

    /// <summary>Does not write down the packet identifiers of QoS 2 publications.</summary>
    public const string ForgetsPacketIds = "forget-packet-ids";

    /// <summary>The defect of this process, or null.</summary>
    public static string? Current { get; } = Environment.GetEnvironmentVariable(Variable) is AcknowledgesEarly or ForgetsPacketIds
        ? Environment.GetEnvironmentVariable(Variable)
        : null;
}
