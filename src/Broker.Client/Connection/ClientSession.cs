using Broker.Client.Publishing;
using Broker.Client.Subscribing;

namespace Broker.Client.Connection;

/// <summary>What this client remembers between connections.</summary>
internal sealed record ClientSession(Outbox Outbox, Inbox Inbox, Subscriptions Subscriptions);
