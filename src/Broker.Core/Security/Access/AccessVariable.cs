namespace Broker.Core.Security.Access;

/// <summary>What a level of a rule's filter may stand for.</summary>
internal enum AccessVariable
{
    /// <summary>The client identifier.</summary>
    ClientId,

    /// <summary>The principal's name.</summary>
    Principal,

    /// <summary>The name of the endpoint that the client is connected to.</summary>
    Listener,
}
