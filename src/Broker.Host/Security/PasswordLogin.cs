using System.Net;
using Broker.Core.Protocol;
using Broker.Core.Security;

namespace Broker.Host.Security;

/// <summary>Logs users of the password file in: a name and a password, in MQTT's CONNECT or in HTTP's Basic.</summary>
/// <remarks>Threading: any thread.</remarks>
internal sealed class PasswordLogin(UserStore users, HashPool pool, AttemptLimiter limiter, RememberedLogins remembered)
{
    /// <summary>How principals of the file are authenticated, by password and by SCRAM alike.</summary>
    public const string Method = "user";

    // One text for every cause: whoever guesses must not learn which half was right.
    private static AuthenticationResult Wrong => AuthenticationResult.Refuse(ReasonCode.BadUserNameOrPassword, "Bad user name or password");

    /// <summary>Says who it is, or why not: 0x86 for a bad name or password, 0x97 after too many of them, 0x89 where too many wait.</summary>
    public async ValueTask<AuthenticationResult> LogInAsync(EndPoint? remote, string user, ReadOnlyMemory<byte> password, CancellationToken cancellationToken)
    {
        if (!UserName.IsValidInFile(user) || password.IsEmpty) return Wrong;
        UserFile file = users.Current;
        if (remembered.Find(file, user, password.Span) is { } known) return known;
        if (limiter.TryBegin(remote, user) is not { } attempt) return TooManyFailures;
        UserEntry? entry = file.Users.GetValueOrDefault(user);
        if ((entry?.Password ?? file.Decoy(user)) is not { } hash) return Wrong;
        if (pool.TryVerify(hash, password, cancellationToken) is not { } verifying)
        {
            attempt.Forgive();
            return AuthenticationResult.Refuse(ReasonCode.ServerBusy, "Too many clients log in at the moment");
        }

        bool isRight;
        try
        {
            isRight = await verifying;
        }
        catch (OperationCanceledException)
        {
            attempt.Forgive();
            throw;
        }

        if (!isRight || entry?.Password is null || !users.Current.Users.ContainsKey(user)) return Wrong; // removed meanwhile: who is expelled then must not come in now
        attempt.Forgive();
        var result = AuthenticationResult.Accept(new Principal(Method, entry.Name));
        remembered.Add(file, user, password.Span, result);
        return result;
    }

    /// <summary>The answer to whoever failed too often.</summary>
    public static AuthenticationResult TooManyFailures => AuthenticationResult.Refuse(ReasonCode.QuotaExceeded, "Too many failed logins from this address; try again later");
}
