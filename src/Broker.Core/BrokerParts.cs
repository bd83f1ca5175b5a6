using Broker.Core.Limits;
using Broker.Core.Primitives;
using Broker.Core.Security;
using Broker.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Core;

/// <summary>What the broker takes from outside: time, randomness, logging, storage, and who decides about clients.</summary>
public sealed record BrokerParts
{
    /// <summary>The clock and its timers; tests move their own.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where randomness comes from: client identifiers and hash keys. Seeded, the broker repeats itself.</summary>
    public Random Random { get; init; } = new CryptographicRandom();

    /// <summary>Where the broker logs to.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Who a client is.</summary>
    public IAuthenticator Authenticator { get; init; } = new AnonymousAuthenticator();

    /// <summary>The methods of enhanced authentication; none means that a client that asks for one is refused with 0x8C.</summary>
    public IReadOnlyList<IEnhancedAuthenticator> EnhancedAuthenticators { get; init; } = [];

    /// <summary>Who may do what.</summary>
    public IAuthorizer Authorizer { get; init; } = new AllowAll();

    /// <summary>Is told what an operator may have to account for.</summary>
    public IAudit Audit { get; init; } = new NoAudit();

    /// <summary>How loaded the process is.</summary>
    public ILoadMeter Load { get; init; } = new NoLoad();

    /// <summary>Where accepted publications are made safe.</summary>
    public IBrokerStore Store { get; init; } = new MemoryStore();
}
