namespace Broker.Core.Security.Access;

/// <summary>Whether something is allowed, and by which rule.</summary>
/// <param name="IsAllowed">Whether it is.</param>
/// <param name="Rule">The rule that decided, the first of them in the file; null if no rule allows it.</param>
/// <param name="Uncovered">
/// Of a subscription that no rule denies and that is not allowed: a topic of the filter that no rule allows, with ? for a level that is
/// named nowhere; null otherwise.
/// </param>
public sealed record AccessDecision(bool IsAllowed, AccessRule? Rule, string? Uncovered = null);
