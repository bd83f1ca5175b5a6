namespace Broker.Core.Security;

/// <summary>Allows everything.</summary>
public sealed class AllowAll : IAuthorizer
{
    /// <inheritdoc/>
    public bool IsAllowed(in AccessRequest request) => true;
}
