namespace Broker.Host.Configuration;

/// <summary>When the configuration is read again: <c>Broker:Reload</c>.</summary>
internal sealed record ReloadOptions
{
    /// <summary>
    /// Whether a change of <c>appsettings.json</c> or of a file that it names reloads it, about a second after the last write.
    /// Off by default, so that only SIGHUP does, when whoever edits is done.
    /// </summary>
    public bool Watch { get; init; }
}
