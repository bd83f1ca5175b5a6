namespace Broker.Client;

/// <summary>A user name and password.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="Password">The password or token; null: none.</param>
public sealed record BrokerCredentials(string UserName, string? Password)
{
    /// <summary>The user name alone: a password does not belong into a log.</summary>
    public override string ToString() => UserName;
}
