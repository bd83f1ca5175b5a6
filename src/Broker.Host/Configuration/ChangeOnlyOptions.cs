namespace Broker.Host.Configuration;

/// <summary><c>Broker:ChangeOnly</c>; it has only the section <c>Rules</c>, which is read rule by rule.</summary>
internal sealed record ChangeOnlyOptions;
