using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;

namespace Broker.Core.Connections;

/// <summary>A connected client authenticates again; the connection goes on meanwhile. The identity must stay the same.</summary>
/// <remarks>Threading: <see cref="Continue"/> by whoever calls Receive; a step may end on any thread. Owner: the connection.</remarks>
internal sealed class ReAuthentication(ClientConnection connection, IAuthenticationExchange exchange) : IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private Task _running = Task.CompletedTask;
    private int _rounds;

    /// <summary>Whether the exchange is over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The client began to authenticate again.</summary>
    public static void Begin(ClientConnection connection, byte[] data)
    {
        if (connection.ReAuthentication is { IsOver: false }) ProtocolViolationException.Protocol("AUTH came while an exchange was under way");
        IEnhancedAuthenticator authenticator = EnhancedAuthentication.Find(connection.Broker, connection.Facts.AuthenticationMethod!)!; // it let the client in
        connection.ReAuthentication = new ReAuthentication(connection, authenticator.Begin(connection.Info, connection.ClientId!));
        connection.ReAuthentication.Continue(data);
    }

    /// <summary>Takes the client's next data.</summary>
    public void Continue(byte[] data)
    {
        if (IsOver || !_running.IsCompleted) ProtocolViolationException.Protocol("AUTH came out of turn");
        if (++_rounds > connection.Limits.AuthenticationRounds)
        {
            ProtocolViolationException.Throw(ReasonCode.BadAuthenticationMethod, "The exchange took too many rounds");
        }

        _running = StepAsync(data);
    }

    /// <summary>The connection is gone: nobody waits any longer.</summary>
    public void Dispose() => _gone.Cancel();

    /// <summary>DISCONNECT has no code for some refusals that CONNACK has one for [MQTT-3.14.2-1].</summary>
    private static ReasonCode InDisconnect(ReasonCode refusal) => refusal switch
    {
        ReasonCode.ServerUnavailable => ReasonCode.ServerBusy,
        ReasonCode.BadUserNameOrPassword or ReasonCode.Banned or ReasonCode.ClientIdentifierNotValid or < ReasonCode.UnspecifiedError => ReasonCode.NotAuthorized,
        _ => refusal,
    };

    private async Task StepAsync(byte[] data)
    {
        AuthenticationStep step;
        try
        {
            step = await exchange.ContinueAsync(data, _gone.Token);
        }
#pragma warning disable CA1031 // a plug-in's fault is a refusal, whatever it is
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (!_gone.IsCancellationRequested) EnhancedAuthentication.Failed(connection, fault);
            step = EnhancedAuthentication.Unavailable;
        }

        IsOver = step.Result is not null;
        if (step.Result is { } result && result.Principal != connection.Session?.Identity.Principal)
        {
            ReasonCode reason = result.Principal is null ? InDisconnect(result.ReasonCode) : ReasonCode.NotAuthorized;
            connection.Close(CloseReason.Kicked, reason, result.Reason ?? "Authentication failed"); // [MQTT-4.12.1-2]
            return;
        }

        if (step.Result is { } renewed) connection.HoldsUntil(renewed.ValidUntil);
        EnhancedAuthentication.Send(connection, IsOver ? ReasonCode.Success : ReasonCode.ContinueAuthentication, step.Data.Span);
        WakeBatch batch = WakeBatch.Rent();
        connection.MarkWaiting(batch);
        batch.WakeAndReturn();
    }
}
