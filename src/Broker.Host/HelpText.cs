namespace Broker.Host;

/// <summary>What <c>--help</c> says.</summary>
internal static class HelpText
{
    /// <summary>The text.</summary>
    public const string Text = """
        Broker: an MQTT 3.1.1 and 5.0 broker.

        Usage: Broker.Host [--<Key> <value>]...
               Broker.Host user --help    users and their passwords

          --check            validate the configuration and end: exit code 0, or 2 with all faults
          --health <url>     ask a running broker, e.g. http://127.0.0.1:8080/healthz: exit code 0 if it is well, else 1
          --version          say the version
          --help, -h         say this

        Without anything it listens on mqtt://127.0.0.1:1883 and http://127.0.0.1:8080 (MQTT over WebSocket at /mqtt, polling
        at /topics and /requests, /openapi.json, /healthz, /readyz, /metrics), for this machine only. Settings come from
        appsettings.json (beside the program, then in the working directory), then from environment variables, then from
        arguments:

          Broker__Endpoints__Mqtt__Url=mqtt://127.0.0.1:2883
          --Broker:Endpoints:Mqtt:Url mqtt://127.0.0.1:2883     where MQTT listens; empty turns it off
          --Broker:Endpoints:Http:Url ""                        no HTTP
          --Broker:Endpoints:Mqtt:Url mqtt://0.0.0.0:1883 --Broker:Auth:PasswordFile users --Broker:Acl:Path acl.txt
                                                                for other machines, too: users with a password, and what they may do
          --Broker:Limits:Connections 1000                      every bound that a client can run into is under Limits
          --Logging:LogLevel:Default Debug                      what is logged, to stderr

        Exit codes: 0 stopped in order, 1 could not start (port in use), 2 the configuration has faults.
        """;
}
