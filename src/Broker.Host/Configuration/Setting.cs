namespace Broker.Host.Configuration;

/// <summary>A configured value and where it was written.</summary>
/// <param name="Value">The text; null where JSON says null.</param>
/// <param name="Origin">File and line, environment variable or argument; null for a default.</param>
internal readonly record struct Setting(string? Value, string? Origin);
