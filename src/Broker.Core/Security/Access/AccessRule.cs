namespace Broker.Core.Security.Access;

/// <summary>One line of the access rules: who has it may, or may not, do something on the topics of a filter.</summary>
/// <param name="Effect">Whether it allows or denies.</param>
/// <param name="Actions">What it is about.</param>
/// <param name="Filter">
/// A topic filter in which a level may be a variable: <c>{clientid}</c>, <c>{principal}</c> or <c>{listener}</c>. A variable fills exactly one
/// level. Where it has no value, or one that is no level (empty, or with /, +, # or U+0000, or at the first level beginning with $), an
/// allowing rule does not apply, and a denying one applies whatever that level is.
/// </param>
/// <param name="Origin">Where it is written, e.g. <c>acl.txt:12</c>.</param>
public sealed record AccessRule(AccessEffect Effect, AccessActions Actions, string Filter, string Origin)
{
    /// <summary>The only group that <see cref="AccessActions.Share"/> is about; null: every group.</summary>
    public string? ShareName { get; init; }

    /// <summary>When it applies.</summary>
    public AccessConditions Conditions { get; init; } = AccessConditions.None;
}
