namespace Broker.Host.Tests.Interop;

/// <summary>Programs of others. One that is not here skips the test on a developer's machine, and fails it in CI.</summary>
internal static class OtherClient
{
    /// <summary>The folder in whose <c>node_modules</c> the package <c>mqtt</c> lies.</summary>
    public const string MqttJsVariable = "BROKER_TEST_MQTTJS";

    public static void RequireProgram(string name) => Require(FindProgram(name) is not null, $"{name} is not installed");

    public static void RequireMqttJs()
    {
        RequireProgram("node");
        string? folder = Environment.GetEnvironmentVariable(MqttJsVariable);
        Require(folder is not null && Directory.Exists(Path.Combine(folder, "node_modules", "mqtt")), $"{MqttJsVariable} does not name a folder with MQTT.js: npm install mqtt");
    }

    /// <summary>Starts a program; it is killed when the test ends.</summary>
    public static OtherProcess Start(string name, params string[] arguments) => new(FindProgram(name)!, arguments); // required first

    private static string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static void Require(bool isHere, string reason)
    {
        if (isHere) return;
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail($"CI must have it: {reason}");
        Assert.Skip(reason);
    }
}
