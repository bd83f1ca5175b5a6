using Broker.Core;
using Broker.Core.Security;
using Broker.Core.Security.Access;
using Broker.Core.Storage;
using Broker.Host.Access;
using Broker.Host.Audit;
using Broker.Host.Configuration;
using Broker.Host.Endpoints;
using Broker.Host.Polling;
using Broker.Host.Reloading;
using Broker.Host.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using GenericHost = Microsoft.Extensions.Hosting.Host;

namespace Broker.Host;

/// <summary>Puts the parts together: the broker, its endpoints, logging, telemetry, and Kestrel where there is HTTP.</summary>
internal static class HostComposition
{
    private const string Metrics = "/metrics";

    // Within it everything is stopped; a little of the ten seconds is left for the end of the process itself.
    private static readonly TimeSpan _shutdownTime = TimeSpan.FromSeconds(8);

    /// <summary>Builds the host; nothing listens before it is started.</summary>
    public static IHost Build(HostConfiguration configuration, IReadOnlyList<BoundEndpoint> endpoints, StoreHosting? store = null)
    {
        bool hasHttp = endpoints.Any(bound => bound.Endpoint.Url.IsHttp);
        MqttBrokerOptions options = configuration.Options.Broker;
        long? descriptors = DescriptorLimit.Raise();
        var ceiling = new LimitCeiling(descriptors, DescriptorLimit.Open(), hasHttp, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        (int mqttShare, int httpShare) = DescriptorLimit.Share(descriptors, ceiling.Open, options.Limits.Connections, hasHttp);
        MqttBrokerOptions effective = options with { Limits = ceiling.Of(options.Limits) };
        IHost host;
        if (!hasHttp)
        {
            HostApplicationBuilder builder = GenericHost.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            AddParts(builder, configuration, effective, endpoints, store, hasHttp: false);
            builder.Services.AddSingleton(ceiling);
            host = builder.Build();
        }
        else
        {
            // Without the default builder's own endpoints, files and variables: what is configured is what is there.
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            AddParts(builder, configuration, effective, endpoints, store, hasHttp: true);
            builder.Services.AddSingleton(ceiling);
            KestrelSetup.Configure(builder, httpShare, effective.Limits.ConnectTimeout);
            builder.Services.AddRoutingCore();
            WebApplication application = builder.Build();
            MapHttp(application);
            host = application;
        }

        ILogger logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HostComposition));
        HostLog.MemoryBudget(logger, effective.Limits.MemoryBytes / 1_048_576, options.Limits.MemoryBytes == 0 ? "three quarters of what there is" : "as configured");
        if (mqttShare < options.Limits.Connections)
        {
            HostLog.ConnectionsLowered(logger, mqttShare, options.Limits.Connections, descriptors ?? 0);
        }

        return host;
    }

    private static void AddParts(
        IHostApplicationBuilder builder, HostConfiguration configuration, MqttBrokerOptions options, IReadOnlyList<BoundEndpoint> endpoints,
        StoreHosting? store, bool hasHttp)
    {
        builder.Configuration.AddConfiguration(configuration.Root);
        builder.Logging.AddConfiguration(configuration.Root.GetSection("Logging"));
        builder.Logging.AddConsole(console =>
        {
            // stdout is for the ready line alone; and a terminal that hangs must not hang the broker.
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        OneLineFormatter.Decorate(builder.Services);
        TelemetrySetup.Configure(builder, hasHttp);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = _shutdownTime);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton(endpoints);
        AddSecurity(builder.Services, configuration, options);
        builder.Services.AddSingleton(configuration.Options.Tcp);
        builder.Services.AddSingleton(new OptionalStore(store));
        builder.Services.AddSingleton(services => new ProcessLoad(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton(services => new MqttBroker(options, new BrokerParts
        {
            Time = services.GetRequiredService<TimeProvider>(),
            LoggerFactory = services.GetRequiredService<ILoggerFactory>(),
            Authorizer = services.GetRequiredService<IAuthorizer>(),
            Audit = AuditOf(services),
            Authenticator = services.GetRequiredService<Authentication>().Authenticator ?? (IAuthenticator)new AnonymousAuthenticator(),
            EnhancedAuthenticators = services.GetRequiredService<Authentication>().Methods,
            Load = services.GetRequiredService<ProcessLoad>(),
            Store = store is null ? new MemoryStore() : store.Store,
        }));
        if (configuration.Options.Audit.Path.Length > 0)
        {
            builder.Services.AddSingleton(services => new AuditLog(configuration.Options.Audit, TimeProvider.System, services.GetRequiredService<ILogger<AuditLog>>()));
            builder.Services.AddHostedService<AuditFlush>();
        }

        builder.Services.AddSingleton<MqttEndpoints>();
        builder.Services.AddSingleton<EndpointDoors>();
        builder.Services.AddSingleton<IEndpointDoors>(services => services.GetRequiredService<EndpointDoors>());
        builder.Services.AddHostedService<BrokerService>();
        builder.Services.AddSingleton(configuration);
        AddAccess(builder.Services, configuration.AccessRules);
        builder.Services.AddSingleton<IReloadable, EndpointSettings>();
        builder.Services.AddSingleton<IReloadable, LimitSettings>();
        builder.Services.AddSingleton<IReloadable, ChangeRuleSettings>();
        builder.Services.AddSingleton<IReloadable, StartSettings>();
        builder.Services.AddSingleton<Reloader>();
        builder.Services.AddHostedService<ReloadService>();
    }

    private static void AddAccess(IServiceCollection services, LoadedAccessRules? rules)
    {
        if (rules is null)
        {
            services.AddSingleton<IAuthorizer>(new AllowAll());
            return;
        }

        var authorizer = new AccessRulesAuthorizer(rules.Rules);
        services.AddSingleton<IAuthorizer>(authorizer);
        services.AddSingleton<IReloadable>(provider => new AccessRuleReload(rules, authorizer, provider.GetRequiredService<MqttBroker>()));
    }

    private static void AddSecurity(IServiceCollection services, HostConfiguration configuration, MqttBrokerOptions options)
    {
        services.AddSingleton(provider => new TlsEndpoints(
            configuration.Endpoints, options.Limits, provider.GetRequiredService<TimeProvider>(), AuditOf(provider), provider.GetRequiredService<ILogger<TlsEndpoints>>()));
        services.AddSingleton(provider => new Authentication(configuration.Options.Auth, configuration.Auth, options.Limits, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new AccessReport(
            configuration, provider.GetRequiredService<Authentication>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AccessReport>>()));
        services.AddSingleton<LoginSettings>();
        services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<LoginSettings>());
        services.AddSingleton<CertificateSettings>();
        services.AddSingleton<IReloadable>(provider => provider.GetRequiredService<CertificateSettings>());
        services.AddHostedService<CertificateWatch>(); // also where none is encrypted: a reload may open one that is
        if (configuration.Auth.TokenKeysUrl is not { } url) return;
        services.AddHostedService(provider => new JwksRefresh(
            url,
            configuration.Options.Auth.Jwt!.JwksRefresh, // the url is from there
            provider.GetRequiredService<Authentication>().TokenKeys!, // there are tokens
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<JwksRefresh>>()));
    }

    private static IAudit AuditOf(IServiceProvider services) => services.GetService<AuditLog>() ?? (IAudit)new NoAudit();

    private static void MapHttp(WebApplication application)
    {
        IServiceProvider services = application.Services;
        var logger = services.GetRequiredService<ILogger<WebSocketEndpoint>>();
        application.UseRouting(); // first: polls, of which many may wait, go past all that follows
        application.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => Problems.WriteAsync(context, StatusCodes.Status500InternalServerError),
        });
        application.UseStatusCodePages(pages => Problems.WriteAsync(pages.HttpContext, pages.HttpContext.Response.StatusCode));
        application.UseWebSockets();
        HealthEndpoints.Map(application, services.GetRequiredService<Readiness>());
        application.MapPrometheusScrapingEndpoint(Metrics);
        var broker = services.GetRequiredService<MqttBroker>();
        var time = services.GetRequiredService<TimeProvider>();
        var callers = new HttpCallers(services.GetRequiredService<Authentication>(), services.GetRequiredService<ILogger<HttpCallers>>());
        application.UseWhen(context => context.Request.Path.StartsWithSegments(Metrics), guarded => guarded.Use(async (context, next) =>
        {
            if (await callers.IdentifyAsync(context) is not null) await next(context);
        }));
        new PollingEndpoints(broker, callers, time, services.GetRequiredService<ILogger<PollingEndpoints>>()).Map(application);
        var webSockets = new WebSocketEndpoint(broker, time, logger);
        application.Map(WebSocketEndpoint.Path, webSockets.HandleAsync);
    }
}
