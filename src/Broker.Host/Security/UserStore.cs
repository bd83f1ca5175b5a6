namespace Broker.Host.Security;

/// <summary>The users as they are now: read at the start, and again at each reload.</summary>
/// <remarks>Threading: any thread reads; one at a time replaces.</remarks>
internal sealed class UserStore(UserFile users)
{
    private volatile UserFile _current = users;

    /// <summary>The users; logins under way go on with those that they began with.</summary>
    public UserFile Current
    {
        get => _current;
        set => _current = value;
    }
}
