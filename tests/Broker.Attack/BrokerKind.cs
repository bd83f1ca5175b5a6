namespace Broker.Attack;

/// <summary>How a broker is started: this one or another.</summary>
/// <param name="Name">How it is called in the table.</param>
/// <param name="Command">Program and arguments, without and with rights; <c>{port}</c>, <c>{wsport}</c> and <c>{folder}</c> are filled in.</param>
internal sealed record BrokerKind(string Name, Func<bool, (string Program, string[] Arguments)> Command)
{
    /// <summary>The broker that lies beside this program.</summary>
    public static BrokerKind Own(string? executable = null) => new("this broker", withRights => (
        executable ?? Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Broker.Host.exe" : "Broker.Host"),
        [
            "--Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:{port}", "--Broker:Endpoints:Http:Url", "http://127.0.0.1:{wsport}", "--Logging:LogLevel:Default", "Warning",
            .. withRights ? ["--Broker:Auth:PasswordFile", "users", "--Broker:Acl:Path", "rules"] : Array.Empty<string>(),
        ]));

    /// <summary>Mosquitto, as it is installed, with nothing changed but what makes it listen.</summary>
    public static BrokerKind Mosquitto { get; } = new("Mosquitto", withRights => (
        File.Exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto", ["-c", withRights ? "{folder}/rights.conf" : "{folder}/open.conf"]));
}
