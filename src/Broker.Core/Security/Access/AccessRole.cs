namespace Broker.Core.Security.Access;

/// <summary>Rules under one name.</summary>
/// <param name="Name">The name; for rules that are written under a user, that user.</param>
/// <param name="Rules">The rules, in no order that matters.</param>
public sealed record AccessRole(string Name, IReadOnlyList<AccessRule> Rules);
