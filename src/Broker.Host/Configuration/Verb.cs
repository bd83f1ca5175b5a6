namespace Broker.Host.Configuration;

/// <summary>What the command line asks for.</summary>
internal enum Verb
{
    /// <summary>Run the broker.</summary>
    Run,

    /// <summary>Validate the configuration and end.</summary>
    Check,

    /// <summary>Ask a running broker whether it is well.</summary>
    Health,

    /// <summary>Explain the command line.</summary>
    Help,

    /// <summary>Say the version.</summary>
    Version,
}
