using Broker.Client.Connection;

namespace Broker.Client.Hosting;

/// <summary>Checks options as a whole, so that every fault is told at once.</summary>
internal static class OptionRules
{
    public static IReadOnlyList<string> Faults(BrokerClientOptions options)
    {
        List<string> faults = [];
        if (options.Addresses.Count == 0) faults.Add("Addresses: say where the broker is, e.g. ConnectTo(\"mqtt://127.0.0.1:1883\")");
        foreach (string address in options.Addresses)
        {
            if (BrokerAddress.Read(address, out _) is { } fault) faults.Add("Addresses: " + fault);
        }

        if (options.ClientId is { Length: 0 }) faults.Add("ClientId: leave it null for a random one");
        if (options.Outbox.Path is not null && options.ClientId is null) faults.Add("Outbox.Path needs a ClientId: without the same session, QoS 2 messages of an earlier process could arrive twice");
        if (options.Password is not null && options.UserName is null) faults.Add("Password needs a UserName");
        Range(faults, "KeepAlive", options.KeepAlive, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(ushort.MaxValue));
        Range(faults, "SessionExpiry", options.SessionExpiry, TimeSpan.Zero, TimeSpan.FromSeconds(uint.MaxValue));
        Range(faults, "ConnectTimeout", options.ConnectTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Range(faults, "RequestTimeout", options.RequestTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        Range(faults, "ReceiveMaximum", options.ReceiveMaximum, 1, ushort.MaxValue);
        Range(faults, "MaxPacketBytes", options.MaxPacketBytes, 1_024, 268_435_460);
        Range(faults, "Reconnect.FirstDelay", options.Reconnect.FirstDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));
        Range(faults, "Reconnect.MaxDelay", options.Reconnect.MaxDelay, options.Reconnect.FirstDelay, TimeSpan.FromDays(1));
        Range(faults, "Outbox.MaxMessages", options.Outbox.MaxMessages, 1, OutboxOptions.LargestMaxMessages);
        Range(faults, "Outbox.MaxBytes", options.Outbox.MaxBytes, 1_024, long.MaxValue);
        Range(faults, "Outbox.MaxInflight", options.Outbox.MaxInflight, 1, Publishing.Outbox.LastPacketId);
        Range(faults, "CircuitBreaker.FailureRatio", options.CircuitBreaker.FailureRatio, double.Epsilon, 1);
        Range(faults, "CircuitBreaker.MinimumRequests", options.CircuitBreaker.MinimumRequests, 2, int.MaxValue);
        Range(faults, "CircuitBreaker.SamplingDuration", options.CircuitBreaker.SamplingDuration, TimeSpan.FromMilliseconds(500), TimeSpan.FromDays(1));
        Range(faults, "CircuitBreaker.BreakDuration", options.CircuitBreaker.BreakDuration, TimeSpan.FromMilliseconds(500), TimeSpan.FromDays(1));
        if (options.ServicePrefix.Length == 0 || options.ServicePrefix.AsSpan().ContainsAny('+', '#', '\0')) faults.Add("ServicePrefix: one or more topic levels without wildcards, e.g. services");
        return faults;
    }

    private static void Range<T>(List<string> faults, string name, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0) faults.Add($"{name} is {value}: {least} to {most} are allowed");
    }
}
