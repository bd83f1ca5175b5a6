using Broker.Client;
using Broker.Client.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts a <see cref="BrokerClient"/> into a program with dependency injection.</summary>
public static class BrokerClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds a client that connects when the host starts and says goodbye when it stops. Options are checked at the start. Get it as <see cref="BrokerClient"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options: <c>o => o.ConnectTo("mqtt://127.0.0.1:1883")</c>.</param>
    public static IServiceCollection AddBrokerClient(this IServiceCollection services, Action<BrokerClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        Add(services, Options.Options.DefaultName, configure);
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<BrokerClient>(Options.Options.DefaultName));
        return services;
    }

    /// <summary>Adds a client with options from configuration; the keys are those of <see cref="BrokerClientOptions"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section, e.g. <c>builder.Configuration.GetSection("BrokerClient")</c>.</param>
    /// <param name="configure">Sets what configuration cannot say; null: nothing.</param>
    public static IServiceCollection AddBrokerClient(this IServiceCollection services, IConfiguration configuration, Action<BrokerClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddBrokerClient(options =>
        {
            ConfigurationReader.Read(configuration, options);
            configure?.Invoke(options);
        });
    }

    /// <summary>Adds one of several clients, each with a name; get it with <c>[FromKeyedServices("name")] BrokerClient</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">Its name.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddBrokerClient(this IServiceCollection services, string name, Action<BrokerClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Add(services, name, configure);
        return services;
    }

    /// <summary>Adds a health check: healthy while connected, degraded while reconnecting, unhealthy where the broker refuses.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The client's name; null: the one without a name.</param>
    public static IHealthChecksBuilder AddBrokerClient(this IHealthChecksBuilder builder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string client = name ?? Options.Options.DefaultName;
        return builder.Add(new Diagnostics.HealthChecks.HealthCheckRegistration(
            name is null ? "broker-client" : "broker-client-" + name,
            provider => new BrokerClientHealthCheck(provider.GetRequiredKeyedService<BrokerClient>(client)),
            failureStatus: null,
            tags: null));
    }

    private static void Add(IServiceCollection services, string name, Action<BrokerClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<BrokerClientOptions>(name).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BrokerClientOptions>, OptionsValidator>());
        services.AddKeyedSingleton(name, (provider, _) => new BrokerClient(
            provider.GetRequiredService<IOptionsMonitor<BrokerClientOptions>>().Get(name),
            provider.GetService<ILoggerFactory>()?.CreateLogger("Broker.Client"),
            provider.GetService<TimeProvider>()));
        services.AddSingleton<IHostedService>(provider => new BrokerClientService(provider.GetRequiredKeyedService<BrokerClient>(name)));
    }
}
