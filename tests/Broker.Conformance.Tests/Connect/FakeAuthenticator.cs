using Broker.Core.Security;

namespace Broker.Conformance.Tests.Connect;

/// <summary>An authenticator that does what the test says: by default it lets everybody in under their user name.</summary>
internal sealed class FakeAuthenticator(Func<AuthenticationRequest, CancellationToken, ValueTask<AuthenticationResult>>? answer = null) : IAuthenticator
{
    /// <summary>What was shown last.</summary>
    public AuthenticationRequest? Last { get; private set; }

    /// <summary>The token of the last question.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>How often it was asked.</summary>
    public int Questions { get; private set; }

    public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
    {
        Last = request;
        Token = cancellationToken;
        Questions++;
        return answer is null ? new(AuthenticationResult.Accept(new Principal("user", request.UserName ?? ""))) : answer(request, cancellationToken);
    }
}
