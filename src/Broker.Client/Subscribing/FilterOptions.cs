namespace Broker.Client.Subscribing;

/// <summary>What a SUBSCRIBE says about one filter.</summary>
/// <param name="Qos">The highest quality of service.</param>
/// <param name="InitialValues">Whether retained messages come first.</param>
/// <param name="NoLocal">Whether own publications are left out.</param>
/// <param name="Properties">User properties: what change-only delivery asks for, <c>name=value</c> each.</param>
internal sealed record FilterOptions(QualityOfService Qos, bool InitialValues, bool NoLocal, IReadOnlyList<KeyValuePair<string, string>> Properties)
{
    /// <summary>Whether two subscriptions may share the broker's one: only the quality of service may differ.</summary>
    public bool FitsWith(FilterOptions other) => NoLocal == other.NoLocal && Properties.SequenceEqual(other.Properties);
}
