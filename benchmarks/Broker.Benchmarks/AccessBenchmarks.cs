using System.Globalization;
using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Broker.Core.Connections;
using Broker.Core.Security;
using Broker.Core.Security.Access;

namespace Broker.Benchmarks;

/// <summary>One question to 1,000 rules: 10 roles that a client has, of 100 rules each, with variables, wildcards and some denials.</summary>
[MemoryDiagnoser]
public class AccessBenchmarks
{
    private const int Roles = 10;
    private const int RulesPerRole = 100;
    private const int Topics = 1_000;

    private readonly IAuthorizer _rules = new AccessRulesAuthorizer(Rules());
    private readonly IAuthorizer _none = new AllowAll();
    private readonly AccessSubject _subject = new(
        new Principal("password", "dev-17"), "dev-17", new ConnectionInfo("Mqtt", TransportKind.Tcp, new IPEndPoint(IPAddress.Loopback, 1)));

    private readonly byte[] _topic = "site/7/line/42/dev-17/temp"u8.ToArray();
    private readonly byte[][] _topics = [.. Enumerable.Range(0, Topics).Select(i => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"site/{i % 10}/line/{i % 100}/dev-17/{i}")))];
    private int _next;

    /// <summary>1,000 rules, half of them for filters that match the topics in question up to their last levels.</summary>
    public static AccessRules Rules() => new(
        [.. Enumerable.Range(0, Roles).Select(role => new AccessGrant(AccessWho.Everyone, "", [new AccessRole($"role-{role}", [.. Enumerable.Range(0, RulesPerRole).Select(i => Rule(role, i))])]))]);

    [Benchmark(Baseline = true)]
    public bool Without_rules() => Ask(_none, _topic);

    [Benchmark]
    public bool Remembered() => Ask(_rules, _topic);

    [Benchmark]
    public bool One_of_1000_topics() => Ask(_rules, _topics[_next = _next == Topics - 1 ? 0 : _next + 1]);

    [Benchmark]
    public bool Subscription() => _rules.IsAllowed(new AccessRequest { Subject = _subject, Action = AccessAction.Subscribe, Topic = "site/7/line/+/dev-17/#"u8 });

    private bool Ask(IAuthorizer authorizer, byte[] topic) => authorizer.IsAllowed(new AccessRequest { Subject = _subject, Action = AccessAction.Receive, Topic = topic });

    private static AccessRule Rule(int role, int i)
    {
        string filter = (i % 4) switch
        {
            0 => $"site/{role}/line/{i}/{{clientid}}/#",
            1 => $"site/+/line/{i}/other/{role}",
            2 => $"area/{role}/{i}/#",
            _ => $"site/{role}/+/{i}/secret",
        };
        return new AccessRule(i % 4 == 3 ? AccessEffect.Deny : AccessEffect.Allow, AccessActions.All, i == 0 ? "site/+/line/+/+/+" : filter, "benchmark");
    }
}
