using Broker.Core.Limits;
using Broker.Core.Security;
using Broker.Host.Configuration;

namespace Broker.Host.Security;

/// <summary>Everything that says who clients are, as it was configured, put together.</summary>
/// <remarks>Owner: the host disposes it, after the broker.</remarks>
internal sealed class Authentication : IDisposable
{
    private readonly HashPool? _pool;
    private readonly List<IEnhancedAuthenticator> _methods = [];
    private readonly AttemptLimiter _limiter;

    /// <summary>Puts it together.</summary>
    public Authentication(AuthOptions options, ConfiguredAuth configured, BrokerLimits limits, TimeProvider time)
    {
        AttemptLimiter limiter = _limiter = new AttemptLimiter(limits.FailedLogins, limits.FailedLoginsPerUser, time);
        var remembered = new RememberedLogins(options.RememberLogins, time);
        PasswordLogin? passwords = null;
        if (configured.Users is { } file)
        {
            Users = new UserStore(file);
            _pool = new HashPool(options.HashThreads ?? Math.Max(1, Environment.ProcessorCount / 2), limits.WaitingLogins);
            passwords = new PasswordLogin(Users, _pool, limiter, remembered);
            if (options.Scram != false) _methods.Add(new ScramAuthenticator(Users, limiter));
        }

        JwtLogin? tokens = null;
        if (configured.Tokens is { } rules)
        {
            TokenKeys = new JwtKeyStore(configured.TokenKeys);
            tokens = new JwtLogin(rules, TokenKeys, limiter, remembered, time);
            _methods.Add(new JwtAuthenticator(tokens));
        }

        AllowsAnonymous = LoginRules.AllowsAnonymous(options);
        Authenticator = configured.IsAny ? new HostAuthenticator(passwords, tokens, AllowsAnonymous) : null;
    }

    /// <summary>Who clients are by what they show; null where nothing is configured and everybody is anonymous, whatever he shows.</summary>
    public HostAuthenticator? Authenticator { get; }

    /// <summary>The methods of enhanced authentication.</summary>
    public IReadOnlyList<IEnhancedAuthenticator> Methods => _methods;

    /// <summary>Whether clients that show nothing may connect.</summary>
    public bool AllowsAnonymous { get; }

    /// <summary>The users of the password file; null where there is none.</summary>
    public UserStore? Users { get; }

    /// <summary>The keys of tokens; null where none are taken.</summary>
    public JwtKeyStore? TokenKeys { get; }

    /// <summary>Puts other limits of failed logins in force, for the attempts to come.</summary>
    public void Use(BrokerLimits limits) => _limiter.Use(limits.FailedLogins, limits.FailedLoginsPerUser);

    /// <inheritdoc/>
    public void Dispose() => _pool?.Dispose();
}
