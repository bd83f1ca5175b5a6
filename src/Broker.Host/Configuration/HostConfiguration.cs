using System.Collections;
using Broker.Core;
using Broker.Core.Limits;
using Broker.Core.Storage;
using Broker.Host.Access;
using Broker.Host.Audit;
using Microsoft.Extensions.Configuration;

namespace Broker.Host.Configuration;

/// <summary>The whole configuration, read once at the start: sound options, or all of its faults.</summary>
/// <param name="Options">What everything under <c>Broker</c> says.</param>
/// <param name="Endpoints">The endpoints that are turned on.</param>
/// <param name="Root">All settings, for the libraries that read them by themselves.</param>
/// <param name="Faults">What is wrong; the rest is only to be used when this is empty.</param>
internal sealed record HostConfiguration(
    BrokerHostOptions Options, IReadOnlyList<ConfiguredEndpoint> Endpoints, IConfigurationRoot Root, IReadOnlyList<ConfigurationFault> Faults)
{
    private const string Section = "Broker";
    private const string AuthSection = $"{Section}:Auth";
    private const string EndpointsSection = $"{Section}:Endpoints";
    private static readonly string[] _sections = [nameof(BrokerHostOptions.Endpoints), nameof(MqttBrokerOptions.Limits), nameof(BrokerHostOptions.Auth), nameof(BrokerHostOptions.Acl), nameof(BrokerHostOptions.Audit), nameof(BrokerHostOptions.Tcp), nameof(BrokerHostOptions.Reload), "ChangeOnly", "Tenants", nameof(BrokerHostOptions.Storage)];

    // The lowest layer; every other one may say otherwise.
    private static readonly (string Key, string Value)[] _defaults =
    [
        ("Broker:Endpoints:Mqtt:Url", "mqtt://127.0.0.1:1883"),
        ("Broker:Endpoints:Http:Url", "http://127.0.0.1:8080"),
        ("Logging:LogLevel:Default", "Information"),
        ("Logging:LogLevel:Microsoft", "Warning"),

        // A failed start is told in one line by the program itself.
        ("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "None"),

        // It would make an activity and a scope for each request, to name it in lines that "Microsoft" leaves out.
        ("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "None"),

        ("Logging:Console:FormatterName", "simple"),
        ("Logging:Console:FormatterOptions:SingleLine", "true"),
        ("Logging:Console:FormatterOptions:UseUtcTimestamp", "true"),
        ("Logging:Console:FormatterOptions:TimestampFormat", "yyyy-MM-ddTHH:mm:ss.fffZ "),
    ];

    /// <summary>The access rules; null where <c>Acl:Path</c> is not set.</summary>
    public LoadedAccessRules? AccessRules { get; private init; }

    /// <summary>What <c>Broker:Auth</c> names, read.</summary>
    public ConfiguredAuth Auth { get; init; } = new();

    /// <summary>Where JSON files are looked for, whether there are any or not.</summary>
    public IReadOnlyList<string> Files { get; private init; } = [];

    /// <summary>Reads the same sources as they are now.</summary>
    public Func<HostConfiguration> ReadAgain { get; private init; } = () => throw new InvalidOperationException("It was not read from anywhere.");

    /// <summary>Reads the defaults, the JSON files of both folders, the environment and the arguments, in this order.</summary>
    /// <param name="commandLine">The settings among the arguments.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="folders">Where <c>appsettings.json</c> is looked for; later ones win.</param>
    public static HostConfiguration Read(CommandLine commandLine, IDictionary environment, IEnumerable<string> folders)
    {
        var settings = new Settings();
        var faults = new List<ConfigurationFault>(commandLine.Faults);
        foreach ((string key, string value) in _defaults) settings.Set(key, new Setting(value, null));
        string stage = $"{environment["DOTNET_ENVIRONMENT"] ?? environment["ASPNETCORE_ENVIRONMENT"] ?? "Production"}";
        List<string> files = [];
        foreach (string folder in folders.Distinct())
        {
            foreach (string name in (string[])["appsettings.json", $"appsettings.{stage}.json"])
            {
                string path = Path.Combine(folder, name);
                files.Add(path);
                if (File.Exists(path)) JsonSettings.Read(path, settings, faults);
            }
        }

        EnvironmentSettings.Read(environment, settings, faults);
        foreach ((string key, Setting setting) in commandLine.Settings) settings.Set(key, setting);
        return Bind(settings, faults) with
        {
            Files = files,
            ReadAgain = () => Read(commandLine, environment, folders),
        };
    }

    private static HostConfiguration Bind(Settings settings, List<ConfigurationFault> faults)
    {
        var reader = new OptionsReader(settings, faults);
        BrokerLimits limits = reader.Fill(new BrokerLimits(), $"{Section}:Limits", BudgetReader.Sections);
        AuthOptions auth = ReadAuth(settings, reader);
        AclOptions acl = reader.Fill(new AclOptions(), $"{Section}:Acl");
        AuditOptions audit = reader.Fill(new AuditOptions(), $"{Section}:Audit");
        if (AuditPath.Check(audit.Path) is { } unwritable) faults.Add(new($"{Section}:Audit:Path", settings.OriginOf($"{Section}:Audit:Path"), unwritable));
        TcpOptions tcp = ReadTcp(settings, reader, faults);
        ReloadOptions reload = reader.Fill(new ReloadOptions(), $"{Section}:Reload");
        (StorageOptions storage, StorePolicy policy) = new StorageReader(settings, reader, faults).Read(limits);
        MqttBrokerOptions broker = reader.Fill(new MqttBrokerOptions(), Section, _sections) with
        {
            Limits = limits,
            Budgets = new BudgetReader(settings, reader, faults).Read(limits),
            ChangeRules = new ChangeRuleReader(settings, reader, faults).Read(limits),
            Store = policy,
        };
        var options = new BrokerHostOptions { Broker = broker, Auth = auth, Acl = acl, Audit = audit, Tcp = tcp, Reload = reload, Storage = storage, Endpoints = ReadEndpoints(settings, reader) };
        ConfiguredAuth configured = new AuthRules(settings, faults).Check(auth, limits.TokenBytes);
        IReadOnlyList<ConfiguredEndpoint> endpoints = new EndpointRules(settings, faults).Check(options, configured);
        OtherSections.Check(settings, faults);
        string[] names = [.. options.Endpoints.Keys];
        LoadedAccessRules? rules = acl.Path.Length == 0 ? null : LoadedAccessRules.Read(acl.Path, names, faults);
        return new HostConfiguration(options, endpoints, settings.ToConfiguration(), faults) { AccessRules = rules, Auth = configured };
    }

    private static AuthOptions ReadAuth(Settings settings, OptionsReader reader)
    {
        const string Jwt = $"{AuthSection}:{nameof(AuthOptions.Jwt)}";
        const string ClientCertificates = $"{AuthSection}:{nameof(AuthOptions.ClientCertificates)}";
        AuthOptions auth = reader.Fill(new AuthOptions(), AuthSection, nameof(AuthOptions.Jwt), nameof(AuthOptions.ClientCertificates));
        reader.ExpectSection(Jwt);
        reader.ExpectSection(ClientCertificates);
        if (settings.IsSection(Jwt)) auth = auth with { Jwt = reader.Fill(new JwtOptions(), Jwt) };
        if (settings.IsSection(ClientCertificates)) auth = auth with { ClientCertificates = reader.Fill(new ClientCertificateOptions(), ClientCertificates) };
        return auth;
    }

    private static TcpOptions ReadTcp(Settings settings, OptionsReader reader, List<ConfigurationFault> faults)
    {
        const string Tcp = $"{Section}:Tcp";
        TcpOptions tcp = reader.Fill(new TcpOptions(), Tcp);
        if (tcp.Driver == TcpDriver.Epoll && !TcpOptions.HasEpoll)
        {
            faults.Add(new($"{Tcp}:Driver", settings.OriginOf($"{Tcp}:Driver"), "'Epoll' is only for Linux; leave it out, or write Sockets"));
        }

        return tcp;
    }

    private static Dictionary<string, EndpointOptions> ReadEndpoints(Settings settings, OptionsReader reader)
    {
        var endpoints = new Dictionary<string, EndpointOptions>(StringComparer.OrdinalIgnoreCase);
        reader.ExpectSection(EndpointsSection);
        foreach (string name in settings.Children(EndpointsSection))
        {
            string path = $"{EndpointsSection}:{name}";
            EndpointOptions options = reader.Fill(new EndpointOptions(), path, nameof(EndpointOptions.Certificate), BudgetReader.Limits);
            if (settings.IsSection($"{path}:Certificate"))
            {
                options = options with { Certificate = reader.Fill(new CertificateOptions(), $"{path}:Certificate") };
            }

            endpoints.Add(name, options);
        }

        return endpoints;
    }
}
