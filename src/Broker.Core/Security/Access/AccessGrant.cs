namespace Broker.Core.Security.Access;

/// <summary>Who has which roles.</summary>
/// <param name="Who">Whom it is about.</param>
/// <param name="Name">The principal's name, for <see cref="AccessWho.User"/> and <see cref="AccessWho.UsersThatBeginWith"/>.</param>
/// <param name="Roles">The roles.</param>
public sealed record AccessGrant(AccessWho Who, string Name, IReadOnlyList<AccessRole> Roles)
{
    /// <summary>How the principal has to be authenticated, e.g. <c>password</c>; null: in any way.</summary>
    public string? Method { get; init; }

    /// <summary>Over which connections it has the roles; about QoS and RETAIN it says nothing.</summary>
    public AccessConditions Conditions { get; init; } = AccessConditions.None;

    /// <summary>Whether a principal is meant.</summary>
    internal bool IsAbout(Principal principal)
    {
        bool isAnonymous = principal.Method == Principal.Anonymous.Method;
        if (Method is not null && Method != principal.Method) return false;
        return Who switch
        {
            AccessWho.Everyone => true,
            AccessWho.Anonymous => isAnonymous,
            AccessWho.User => !isAnonymous && principal.Name == Name,
            _ => !isAnonymous && principal.Name.StartsWith(Name, StringComparison.Ordinal),
        };
    }
}

/// <summary>Whom a grant is about.</summary>
public enum AccessWho
{
    /// <summary>Everybody, anonymous or not.</summary>
    Everyone,

    /// <summary>Those who did not say who they are.</summary>
    Anonymous,

    /// <summary>The principal of one name.</summary>
    User,

    /// <summary>All authenticated principals whose names begin so; with an empty beginning, all of them.</summary>
    UsersThatBeginWith,
}
