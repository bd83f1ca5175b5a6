using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Core.Limits;
using Broker.Core.Topics;

namespace Broker.Host.Configuration;

/// <summary>Reads the change-only rules; what is wrong in one is a fault.</summary>
internal sealed class ChangeRuleReader(Settings settings, OptionsReader reader, List<ConfigurationFault> faults)
{
    private const string Section = "Broker:ChangeOnly";
    private const string Rules = "Rules";

    /// <summary>The rules, in the order in which they first appear.</summary>
    /// <param name="limits">What a topic filter may be.</param>
    public IReadOnlyList<ChangeRule> Read(BrokerLimits limits)
    {
        reader.Fill(new ChangeOnlyOptions(), Section, Rules);
        reader.ExpectSection($"{Section}:{Rules}");
        var rules = new List<ChangeRule>();
        foreach (string name in settings.Children($"{Section}:{Rules}"))
        {
            string path = $"{Section}:{Rules}:{name}";
            ChangeRuleOptions options = reader.Fill(new ChangeRuleOptions(), path);
            byte[] filter = Encoding.UTF8.GetBytes(options.Filter);
            CheckFilter(path, filter, limits);
            rules.Add(new ChangeRule(name, filter, ToChangeOptions(path, options), options.Store));
        }

        return rules;
    }

    private void CheckFilter(string path, byte[] filter, BrokerLimits limits)
    {
        if (filter.Length == 0)
        {
            faults.Add(new($"{path}:Filter", settings.OriginOf(path), "is not set; a topic filter is needed, such as plant/+/temperature or plant/#"));
            return;
        }

        TopicFault fault = TopicFilter.TryParse(filter, limits.TopicBytes, limits.TopicLevels, out TopicFilter parsed);
        if (fault == TopicFault.None && !parsed.IsShared && !parsed.IsChangeOnly) return;
        Fault(path, nameof(ChangeRuleOptions.Filter), $"is not allowed; allowed is a topic filter without $share/ and $changes/, such as plant/+/temperature or plant/#");
    }

    private ChangeOptions ToChangeOptions(string path, ChangeRuleOptions options)
    {
        Deadband? deadband = null;
        if (options.Deadband.Length > 0)
        {
            if (Deadband.TryParse(options.Deadband, out Deadband parsed)) deadband = parsed;
            else Fault(path, nameof(ChangeRuleOptions.Deadband), $"is not allowed; allowed is {Deadband.Allowed}");
        }

        List<JsonPointer> pointers = [];
        foreach (string text in options.Pointer)
        {
            if (JsonPointer.TryParse(text, out JsonPointer pointer)) pointers.Add(pointer);
            else faults.Add(new($"{path}:Pointer", settings.OriginOf($"{path}:Pointer"), $"'{text}' is not allowed; allowed is {JsonPointer.Allowed}"));
        }

        switch (options.Compare)
        {
            case ComparisonKind.Bytes when options.Deadband.Length > 0 || options.Pointer.Count > 0:
                Fault(path, nameof(ChangeRuleOptions.Compare), "does not go with Deadband and Pointer: bytes are compared as they are; write json or number, or leave it out");
                break;
            case ComparisonKind.Json when options.Deadband.Length > 0:
                Fault(path, nameof(ChangeRuleOptions.Compare), "does not go with Deadband, which is about numbers; write number, or leave it out");
                break;
            case ComparisonKind.Json when pointers.Count == 0:
                if (JsonPointer.TryParse("", out JsonPointer document)) pointers.Add(document);
                break;
            case ComparisonKind.Number:
                deadband ??= new Deadband(0, IsRelative: false); // 21.0 and 21.00 are one number
                break;
        }

        return new ChangeOptions { Deadband = deadband, Pointers = pointers, MinInterval = options.MinInterval, MaxSilence = options.MaxSilence };
    }

    private void Fault(string path, string option, string message)
    {
        string key = $"{path}:{option}";
        string value = settings.TryGet(key, out Setting setting) ? $"'{setting.Value}' " : "";
        faults.Add(new(key, settings.OriginOf(key), value + message));
    }
}
