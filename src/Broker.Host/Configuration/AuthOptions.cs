namespace Broker.Host.Configuration;

/// <summary>Who may connect: <c>Broker:Auth</c>.</summary>
internal sealed record AuthOptions
{
    /// <summary>
    /// Whether clients may connect without saying who they are. Not set means: on loopback endpoints only, so that a first
    /// start needs nothing and still lets no other machine in.
    /// </summary>
    public bool? AllowAnonymous { get; init; }
}
