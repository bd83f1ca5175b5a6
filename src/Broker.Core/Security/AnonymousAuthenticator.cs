namespace Broker.Core.Security;

/// <summary>Lets everybody in as <see cref="Principal.Anonymous"/>: what a broker on loopback starts with.</summary>
public sealed class AnonymousAuthenticator : IAuthenticator
{
    /// <inheritdoc/>
    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken) =>
        new(AuthenticationResult.Accept(Principal.Anonymous));
}
