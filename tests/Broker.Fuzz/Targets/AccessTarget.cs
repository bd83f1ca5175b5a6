using System.Text;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Security.Access;
using Broker.Host.Access;
using Broker.Host.Configuration;

namespace Broker.Fuzz.Targets;

/// <summary>A letter, and a file of access rules (R) or an <c>acl_file</c> of Mosquitto (M). What reads without a fault is asked, and what is imported has to be readable.</summary>
internal sealed class AccessTarget : FuzzTarget
{
    private static readonly string[] _topics = ["a", "a/b", "site/dev-1/up/t", "$SYS/x", "/", "+/b", "#"];

    private static readonly string[] _seeds =
    [
        "Rrole s\n  allow publish site/{principal}/up/# qos<=1 retain=no\n  deny * site/+/admin/#\nuser dev-1 roles=s\nuser op-* tls=yes method=user\n allow subscribe #\nanonymous listener=Test\n allow receive,share(g) a/+ address=10.0.0.0/8,::1\n",
        "Reveryone\n\tallow * # # all\n\tdeny receive {clientid}/x\n", "Ruser \"a b\"\nallow will,retain \"x y/#\"\n", "Ranonymous\nallow publish\n",
        "Mtopic read a/#\nuser bob\ntopic readwrite b/+\ntopic deny b/x\npattern write dev/%c/up/%u\n# comment\ntopic x y z\n", "Mpattern read %u%c/x\ntopic\n",
    ];

    public override string Name => "access";

    public override int Share => 40;

    public override IEnumerable<byte[]> Seeds => _seeds.Select(Encoding.UTF8.GetBytes);

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[]
        {
            "role ", "user ", "anonymous", "everyone", "allow ", "deny ", "publish", "subscribe", "receive", "share(g)", "retain", "will", "*", " qos<=1", " qos=2", " retain=yes", " listener=", " address=", " tls=no",
            " roles=s", "{principal}", "{clientid}", "/+/", "/#", "\n", "\"", "topic ", "pattern ", "readwrite ", "%c", "%u", "#",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override int MaxBytes => 1_024;

    // A line may be wrong in many ways, each told in words with what was meant.
    public override long AllocationBound(int inputBytes) => 262_144 + (2_048L * inputBytes);

    public override object? Execute(byte[] input)
    {
        if (input.Length == 0) return null;
        string text = Encoding.UTF8.GetString(input, 1, input.Length - 1);
        List<ConfigurationFault> faults = [];
        if (input[0] == 'M')
        {
            string rewritten = new MosquittoAcl("acl", faults).Rewrite(text);
            return faults.Count == 0 ? rewritten : null;
        }

        AccessRules rules = new AccessRuleReader("rules", ["Test"], faults).Read(text);
        if (faults.Count > 0) return null;
        Ask(rules);
        return null;
    }

    public override void Check(byte[] input, object? outcome)
    {
        if (outcome is not string rewritten || !rewritten.Contains("allow", StringComparison.Ordinal)) return;
        List<ConfigurationFault> faults = [];
        new AccessRuleReader("rewritten", null, faults).Read(rewritten);
        if (faults.Count > 0) throw new InvalidOperationException($"what was imported is not readable: {faults[0]}: {rewritten}");
    }

    private static void Ask(AccessRules rules)
    {
        foreach (AccessSubject subject in (AccessSubject[])[new(new Principal("user", "dev-1"), "c", null), new(Principal.Anonymous, "a/+", null)])
        {
            foreach (AccessAction action in Enum.GetValues<AccessAction>())
            {
                foreach (string topic in _topics)
                {
                    var request = new AccessRequest { Subject = subject, Action = action, Topic = Encoding.UTF8.GetBytes(topic), Qos = QualityOfService.AtLeastOnce, Retain = action == AccessAction.Publish };
                    if (rules.IsAllowed(request) != rules.Explain(request).IsAllowed) throw new InvalidOperationException($"{action} {topic}: decided one way, explained the other");
                }
            }
        }
    }
}
