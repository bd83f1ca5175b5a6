using System.Text;
using Broker.Core.Connections;
using Broker.Core.Security;

namespace Broker.Conformance.Tests.Connect;

/// <summary>An authentication method whose every step the test decides.</summary>
internal sealed class ScriptedMethod(Func<ScriptedMethod.Turn, ValueTask<AuthenticationStep>> next) : IEnhancedAuthenticator
{
    /// <summary>The name of the method.</summary>
    public const string Name = "SCRIPT";

    /// <summary>The data that came, as text, in order over all exchanges.</summary>
    public List<string> Received { get; } = [];

    /// <summary>How many exchanges began.</summary>
    public int Exchanges { get; private set; }

    public string Method => Name;

    /// <summary>A method that wants <paramref name="rounds"/> further rounds, and then lets the client in as <paramref name="user"/>.</summary>
    public static ScriptedMethod After(int rounds, string user = "user") => new(turn =>
        new(turn.Number < rounds ? More($"challenge {turn.Number + 1}") : Accept(user, "welcome")));

    public static AuthenticationStep More(string data) => new(null, Encoding.UTF8.GetBytes(data));

    public static AuthenticationStep Accept(string user, string data = "") =>
        new(AuthenticationResult.Accept(new Principal("script", user)), Encoding.UTF8.GetBytes(data));

    public IAuthenticationExchange Begin(ConnectionInfo connection, string clientId) => new Exchange(this, Exchanges++, clientId);

    /// <summary>One step of one exchange.</summary>
    /// <param name="Exchange">Which exchange, from 0.</param>
    /// <param name="Number">Which step of it, from 0.</param>
    /// <param name="ClientId">The client identifier.</param>
    /// <param name="Data">What the client sent.</param>
    /// <param name="Token">Fires when nobody waits any longer.</param>
    internal sealed record Turn(int Exchange, int Number, string ClientId, string Data, CancellationToken Token);

    private sealed class Exchange(ScriptedMethod method, int number, string clientId) : IAuthenticationExchange
    {
        private int _steps;

        public ValueTask<AuthenticationStep> ContinueAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            string text = Encoding.UTF8.GetString(data.Span);
            method.Received.Add(text);
            return method.Next(new Turn(number, _steps++, clientId, text, cancellationToken));
        }
    }

    private ValueTask<AuthenticationStep> Next(Turn turn) => next(turn);
}
