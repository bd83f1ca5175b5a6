using Broker.Core;
using Broker.Host.Configuration;
using Broker.Host.Security;

namespace Broker.Host.Reloading;

/// <summary>Users and keys for tokens: what is in their files can change while the broker runs; what else is under <c>Broker:Auth</c> is read at the start.</summary>
internal sealed class LoginSettings(HostConfiguration started, Authentication authentication, MqttBroker? broker = null) : IReloadable
{
    private const string Section = "Broker:Auth:";
    private readonly HostConfiguration _started = started;
    private volatile HostConfiguration _current = started;

    /// <inheritdoc/>
    public string Name => "logins";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => FilesOf(_current);

    /// <inheritdoc/>
    public ReloadPlan Prepare(HostConfiguration next)
    {
        var changes = new List<Action>();
        var summary = new List<string>();
        if (authentication.Users is { } users && next.Auth.Users is { } file && file.Digest != users.Current.Digest)
        {
            changes.Add(() =>
            {
                users.Current = file;
                broker?.Expel(subject => subject.Principal.Method == PasswordLogin.Method && !file.Users.ContainsKey(subject.Principal.Name), "This user was removed");
            });
            summary.Add($"{file.Users.Count} users instead of {users.Current.Users.Count}");
        }

        if (authentication.TokenKeys is { } store && next.Auth.TokenKeys is { } keys && keys.Digest != store.Current?.Digest)
        {
            changes.Add(() => store.Current = keys);
            summary.Add($"{keys.Keys.Count} key(s) for tokens");
        }

        return new ReloadPlan
        {
            AtNextStart = [.. Changed(next)],
            Summary = summary.Count == 0 ? null : string.Join(", ", summary),
            Apply = changes.Count == 0 && FilesOf(next).SequenceEqual(Files) ? null : () =>
            {
                foreach (Action change in changes) change();
                _current = next;
            },
        };
    }

    /// <summary>Whether something of how clients log in is written down and takes effect at the next start only.</summary>
    public bool Waits(HostConfiguration next) => Changed(next).Any();

    private static List<string> FilesOf(HostConfiguration configuration) =>
        [.. new[] { configuration.Options.Auth.PasswordFile, configuration.Options.Auth.Jwt?.KeyFile }.OfType<string>().Where(path => path.Length > 0)];

    private IEnumerable<string> Changed(HostConfiguration next) => SettingDifference.Between(Values(_started), Values(next));

    // Another file in place of one takes effect at once; a first one, or none any more, does not.
    private Dictionary<string, string?> Values(HostConfiguration configuration)
    {
        Dictionary<string, string?> values = SettingDifference.Values(configuration, key => key.StartsWith(Section, StringComparison.OrdinalIgnoreCase));
        Soften(values, "PasswordFile", authentication.Users is not null);
        Soften(values, "Jwt:KeyFile", authentication.TokenKeys is not null && _started.Auth.TokenKeysUrl is null);
        foreach (string option in (string[])["CaFile", "CrlFile", "Principal", "Prefix"]) Soften(values, $"ClientCertificates:{option}", _started.Auth.ClientCertificates is not null);
        return values;
    }

    private static void Soften(Dictionary<string, string?> values, string key, bool canChange)
    {
        if (canChange && values.ContainsKey(Section + key)) values[Section + key] = "";
    }
}
