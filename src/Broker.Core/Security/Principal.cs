namespace Broker.Core.Security;

/// <summary>An authenticated identity: sessions belong to it, and rights are asked for it.</summary>
/// <param name="Method">How it was authenticated, e.g. <c>anonymous</c>; part of the identity, so that equal names of two methods differ.</param>
/// <param name="Name">Its name within the method.</param>
public sealed record Principal(string Method, string Name)
{
    /// <summary>Everybody who did not say who they are.</summary>
    public static Principal Anonymous { get; } = new("anonymous", "");

    /// <summary>The broker itself.</summary>
    public static Principal Broker { get; } = new("broker", "");

    /// <inheritdoc/>
    public override string ToString() => Name.Length == 0 ? Method : $"{Method}:{Name}";
}
