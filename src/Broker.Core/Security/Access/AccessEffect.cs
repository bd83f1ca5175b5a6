namespace Broker.Core.Security.Access;

/// <summary>Whether a rule gives a right or takes it away. Where both apply, it is taken away.</summary>
public enum AccessEffect
{
    /// <summary>It gives the right.</summary>
    Allow,

    /// <summary>It takes the right away.</summary>
    Deny,
}
