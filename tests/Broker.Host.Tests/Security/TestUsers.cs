using Broker.Host.Security;

namespace Broker.Host.Tests.Security;

/// <summary>Users whose passwords are cheap to hash, so that tests are quick.</summary>
internal static class TestUsers
{
    /// <summary>alice: wonderland; bob: builder.</summary>
    public static string Alice { get; } = $"alice:{Cheap("wonderland")}";

    public static string Bob { get; } = $"bob:{Cheap("builder")}";

    public static string Text { get; } = $"# users\n{Alice}\n{Bob}\n";

    public static string Cheap(string password) => Argon2idHash.Create(System.Text.Encoding.UTF8.GetBytes(password), memory: 8, passes: 1);

    public static string Scram(string password) => ScramKeys.Create(System.Text.Encoding.UTF8.GetBytes(password), ScramKeys.LeastIterations).ToString();
}
