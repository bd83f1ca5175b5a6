namespace Broker.Host.Security;

/// <summary>The keys for tokens as they are now, from a file or from the issuer's web address.</summary>
/// <remarks>Threading: any thread reads; one at a time sets.</remarks>
internal sealed class JwtKeyStore(JwtKeys? keys)
{
    private volatile JwtKeys? _current = keys;

    /// <summary>The keys; null while the issuer has not been reached yet: then every token is refused.</summary>
    public JwtKeys? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>Called when a token names a key that is not there: the issuer may have a new one.</summary>
    public Action? Missed { get; set; }
}
