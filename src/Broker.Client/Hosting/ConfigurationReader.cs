using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Broker.Client.Hosting;

/// <summary>Options out of configuration, without reflection. A value that cannot be read is told with its key.</summary>
internal static class ConfigurationReader
{
    public static void Read(IConfiguration configuration, BrokerClientOptions options)
    {
        string[] addresses = [.. configuration.GetSection("Addresses").GetChildren().Select(child => child.Value ?? "")];
        if (addresses.Length == 0 && configuration["Address"] is { } one) addresses = [one];
        if (addresses.Length > 0) options.ConnectTo(addresses);
        options.ClientId = configuration["ClientId"] ?? options.ClientId;
        options.UserName = configuration["UserName"] ?? options.UserName;
        options.Password = configuration["Password"] ?? options.Password;
        options.ServicePrefix = configuration["ServicePrefix"] ?? options.ServicePrefix;
        options.KeepAlive = Value(configuration, "KeepAlive", options.KeepAlive);
        options.SessionExpiry = Value(configuration, "SessionExpiry", options.SessionExpiry);
        options.ConnectTimeout = Value(configuration, "ConnectTimeout", options.ConnectTimeout);
        options.RequestTimeout = Value(configuration, "RequestTimeout", options.RequestTimeout);
        options.ReceiveMaximum = Value(configuration, "ReceiveMaximum", options.ReceiveMaximum);
        options.MaxPacketBytes = Value(configuration, "MaxPacketBytes", options.MaxPacketBytes);
        options.Reconnect.FirstDelay = Value(configuration, "Reconnect:FirstDelay", options.Reconnect.FirstDelay);
        options.Reconnect.MaxDelay = Value(configuration, "Reconnect:MaxDelay", options.Reconnect.MaxDelay);
        options.Outbox.Path = configuration["Outbox:Path"] ?? options.Outbox.Path;
        options.Outbox.MaxMessages = Value(configuration, "Outbox:MaxMessages", options.Outbox.MaxMessages);
        options.Outbox.MaxBytes = Value(configuration, "Outbox:MaxBytes", options.Outbox.MaxBytes);
        options.Outbox.MaxInflight = Value(configuration, "Outbox:MaxInflight", options.Outbox.MaxInflight);
        if (configuration["Outbox:WhenFull"] is { } text)
        {
            if (!Enum.TryParse(text, ignoreCase: true, out OutboxOverflow overflow) || !Enum.IsDefined(overflow)) throw Wrong("Outbox:WhenFull", text, "Wait, Refuse or DropOldest");
            options.Outbox.WhenFull = overflow;
        }

        ReadCircuit(configuration, options.CircuitBreaker);
    }

    private static void ReadCircuit(IConfiguration configuration, CircuitBreakerOptions options)
    {
        if (configuration["CircuitBreaker:Enabled"] is { } enabled)
        {
            options.Enabled = bool.TryParse(enabled, out bool value) ? value : throw Wrong("CircuitBreaker:Enabled", enabled, "true or false");
        }

        options.FailureRatio = Value(configuration, "CircuitBreaker:FailureRatio", options.FailureRatio);
        options.MinimumRequests = Value(configuration, "CircuitBreaker:MinimumRequests", options.MinimumRequests);
        options.SamplingDuration = Value(configuration, "CircuitBreaker:SamplingDuration", options.SamplingDuration);
        options.BreakDuration = Value(configuration, "CircuitBreaker:BreakDuration", options.BreakDuration);
    }

    private static T Value<T>(IConfiguration configuration, string key, T otherwise)
        where T : IParsable<T>
    {
        if (configuration[key] is not { } text) return otherwise;
        return T.TryParse(text, CultureInfo.InvariantCulture, out T? value) ? value : throw Wrong(key, text, typeof(T) == typeof(TimeSpan) ? "a time such as 00:00:30" : "a number");
    }

    private static InvalidOperationException Wrong(string key, string text, string allowed) => new($"BrokerClient configuration: {key} is '{text}'; write {allowed}");
}
