namespace Broker.LoadTests.Isolation;

/// <summary>Who is abused in a run.</summary>
public enum Abuse
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>A second broker beside the one that is measured.</summary>
    AnotherBroker,

    /// <summary>The broker that is measured, by another tenant.</summary>
    SameBroker,
}
