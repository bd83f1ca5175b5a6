namespace Broker.Attack;

/// <summary>How a broker is started: this one or another.</summary>
/// <param name="Name">How it is called in the table.</param>
/// <param name="Command">Program and arguments; <c>{folder}</c> and <c>{mqtt}</c> and so on, its ports, are filled in.</param>
internal sealed record BrokerKind(string Name, Func<AttackSetting, (string Program, string[] Arguments)> Command)
{
    // Time for a good client's handshake on a slow machine; over HTTPS waiting for a place and the handshake may each take as long, and patience lasts longer.
    private const string ConnectTimeout = "00:00:08";

    // Everything is logged where attackers bring names with them, and the audit log is there to be looked at, too.
    private static readonly string[] _talkative = ["--Logging:LogLevel:Default", "Debug", "--Broker:Audit:Path", "stdout"];

    /// <summary>The broker that lies beside this program.</summary>
    public static BrokerKind Own(string? executable = null) => new("this broker", setting => (
        executable ?? Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host"),
        [
            "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:{mqtt}", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:{websocket}", "--Logging:LogLevel:Default", "Warning",
            .. setting switch
            {
                AttackSetting.WithRights => ["--Broker:Auth:PasswordFile", "users", "--Broker:Acl:Path", "rules"],
                AttackSetting.WithCertificates => [.. _talkative, "--Broker:Limits:ConnectTimeout", ConnectTimeout, "--Broker:Auth:AllowAnonymous", "true", .. Certificates, .. Encrypted("Mqtts", "mqtts"), .. Encrypted("Https", "https")],
                _ => Array.Empty<string>(),
            },
        ]));

    /// <summary>Mosquitto, as it is installed, with nothing changed but what makes it listen.</summary>
    public static BrokerKind Mosquitto { get; } = new("Mosquitto", setting => (
        File.Exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto", ["-c", $"{{folder}}/{AttackFiles.MosquittoFile(setting)}"]));

    private static string[] Certificates { get; } =
        ["--Broker:Auth:ClientCertificates:CaFile", "ca.pem", "--Broker:Auth:ClientCertificates:CrlFile", "ca.crl", "--Broker:Auth:ClientCertificates:Principal", "cn"];

    private static string[] Encrypted(string name, string scheme)
    {
        string key = "--Broker:Endpoints:" + name;
        return [$"{key}:Url", $"{scheme}://127.0.0.1:{{{scheme}}}", $"{key}:Certificate:Path", "server.pem", $"{key}:Certificate:KeyPath", "server.key", $"{key}:ClientCertificates", "require"];
    }
}
