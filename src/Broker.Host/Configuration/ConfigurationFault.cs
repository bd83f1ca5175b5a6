namespace Broker.Host.Configuration;

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Key">The key's path, or the file or argument where there is no key.</param>
/// <param name="Origin">Where it was written: file and line, environment variable or argument; null where nothing was written.</param>
/// <param name="Message">What was given and what is allowed, on one line.</param>
internal sealed record ConfigurationFault(string Key, string? Origin, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Origin is null ? $"{Key}: {Message}" : $"{Key} ({Origin}): {Message}";
}
