using System.Reflection;

namespace Broker.Host;

/// <summary>The version that was built.</summary>
internal static class ProductVersion
{
    /// <summary>The version without the commit behind it.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
