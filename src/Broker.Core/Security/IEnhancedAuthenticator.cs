using Broker.Core.Connections;

namespace Broker.Core.Security;

/// <summary>One method of MQTT 5 enhanced authentication (section 4.12). A plug point of the host.</summary>
public interface IEnhancedAuthenticator
{
    /// <summary>The Authentication Method that it answers to, e.g. <c>SCRAM-SHA-256</c>.</summary>
    string Method { get; }

    /// <summary>Begins an exchange with one client, at CONNECT or when it authenticates again.</summary>
    /// <param name="connection">The connection it comes over.</param>
    /// <param name="clientId">The client identifier; empty if the broker is to assign one.</param>
    IAuthenticationExchange Begin(ConnectionInfo connection, string clientId);
}

/// <summary>One exchange: the client's data goes in, the next step comes out.</summary>
public interface IAuthenticationExchange
{
    /// <summary>Takes the client's next Authentication Data. An exception counts as a refusal with 0x88.</summary>
    /// <param name="data">The data of CONNECT or AUTH; empty if there was none.</param>
    /// <param name="cancellationToken">Fires when the connection is gone or took too long.</param>
    ValueTask<AuthenticationStep> ContinueAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);
}

/// <summary>What follows in an exchange: another round, or its result.</summary>
/// <param name="Result">The result; null if the client has to send more.</param>
/// <param name="Data">Authentication Data for the client; may be empty.</param>
public readonly record struct AuthenticationStep(AuthenticationResult? Result, ReadOnlyMemory<byte> Data);
