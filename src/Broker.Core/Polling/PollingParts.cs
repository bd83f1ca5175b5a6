using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Publishing;
using Broker.Core.Security;
using Broker.Core.Storage;
using Broker.Core.Time;

namespace Broker.Core.Polling;

/// <summary>The parts of the broker that polling works with.</summary>
internal sealed record PollingParts(
    LimitsInForce LimitsInForce, IAuthorizer Authorizer, LastValues Values, MessageRouter Router, IBrokerStore Store, BrokerClock Clock,
    TimingWheel Wheel, Random Random, ValueTagger Tagger, Budgets Budgets)
{
    /// <summary>The limits of this moment.</summary>
    public BrokerLimits Limits => LimitsInForce.Current;

    /// <summary>Polls that wait for something.</summary>
    public WaitingPolls Waiting { get; } = new(LimitsInForce);
}
