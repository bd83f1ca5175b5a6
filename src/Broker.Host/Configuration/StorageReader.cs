using System.Text;
using Broker.Core.Limits;
using Broker.Core.Storage;
using Broker.Core.Topics;

namespace Broker.Host.Configuration;

/// <summary>Reads what is said about storage; what is wrong is a fault.</summary>
internal sealed class StorageReader(Settings settings, OptionsReader reader, List<ConfigurationFault> faults)
{
    private const string Section = "Broker:Storage";
    private const string Rules = "Rules";

    /// <summary>The options, and what the broker makes of them.</summary>
    /// <param name="limits">What a topic filter may be.</param>
    public (StorageOptions Options, StorePolicy Policy) Read(BrokerLimits limits)
    {
        StorageOptions options = reader.Fill(new StorageOptions(), Section, Rules);
        reader.ExpectSection($"{Section}:{Rules}");
        var rules = new List<StoreRule>();
        foreach (string name in settings.Children($"{Section}:{Rules}"))
        {
            string path = $"{Section}:{Rules}:{name}";
            StorageRuleOptions rule = reader.Fill(new StorageRuleOptions(), path);
            byte[] filter = Encoding.UTF8.GetBytes(rule.Filter);
            CheckFilter(path, filter, limits);
            if (rule.Ack is null) faults.Add(new($"{path}:Ack", settings.OriginOf(path), "is not set; allowed is fsync, written or memory"));
            rules.Add(new StoreRule(name, filter, rule.Ack ?? AckLevel.Fsync));
        }

        bool promises = options.Ack is AckLevel.Fsync or AckLevel.Written || rules.Count > 0;
        if (promises && options.Path.Length == 0)
        {
            faults.Add(new($"{Section}:Path", settings.OriginOf(Section), "is not set, but Storage:Ack or Storage:Rules promise that messages are kept; set the folder to keep them in"));
        }

        return (options, new StorePolicy { Ack = options.Ack ?? AckLevel.Fsync, Rules = rules, CheckpointBytes = options.CheckpointBytes });
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
        string key = $"{path}:Filter";
        faults.Add(new(key, settings.OriginOf(key), $"'{Encoding.UTF8.GetString(filter)}' is not allowed; allowed is a topic filter without $share/ and $changes/"));
    }
}
