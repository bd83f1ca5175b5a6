using Broker.Host.Configuration;
using Broker.Host.Tests.Configuration;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Access;

/// <summary>Every fault of a file is found, with its line and what was probably meant.</summary>
public sealed class RuleFaultTests
{
    [Theory]
    [InlineData("alow publish t", "'alow' begins no line; did you mean allow?")]
    [InlineData("allow publsh t", "'publsh' is not an action; did you mean publish?")]
    [InlineData("allow publish,x t", "'x' is not an action; allowed is publish, subscribe, receive, share, will, retain")]
    [InlineData("allow publish", "a rule is: allow <actions> <topic filter> [conditions]")]
    [InlineData("allow publish # notes", "'notes' is not a condition")]
    [InlineData("allow publish a#", "'a#' is not a topic filter: + and # have to fill their levels")]
    [InlineData("allow publish a/#/b", "# has to be the last")]
    [InlineData("allow publish dev-{clientid}", "a variable fills a whole level, such as {clientid}")]
    [InlineData("allow publish {client}/x", "'{client}' is not a variable; did you mean {clientid}?")]
    [InlineData("allow subscribe $share/g/t", "write the filter without $share/, and the action share(g)")]
    [InlineData("allow subscribe $changes/t", "write the filter without $changes/")]
    [InlineData("allow publish t qos=3", "'3' is not a QoS")]
    [InlineData("allow publish t qoss=1", "'qoss' is not a condition here; did you mean qos?")]
    [InlineData("allow publish t qos=1 qos=2", "qos is written twice")]
    [InlineData("allow publish t retain=true", "'true' is not allowed for retain; allowed is yes or no")]
    [InlineData("allow publish t retain>=yes", "write retain=yes")]
    [InlineData("allow subscribe t retain=no", "retain does not go with subscribe and share")]
    [InlineData("allow retain t retain=no", "retain=no does not go with the action retain")]
    [InlineData("allow publish t address=10.0.0.1/8", "did you mean 10.0.0.0/8?")]
    [InlineData("allow publish t address=here", "'here' is not an address")]
    [InlineData("allow publish t listener=Mqt", "listener 'Mqt' is no endpoint; did you mean Mqtt?")]
    [InlineData("allow publish t roles=r", "'roles' is not a condition here")]
    [InlineData("allow share() t", "'' is not the name of a group")]
    [InlineData("allow share(a),share(b) t", "one rule names one group")]
    [InlineData("allow publish \"a b", "a quote is opened and not closed")]
    [InlineData("allow publish t\u0007", "has a control character")]
    [InlineData("role", "a role needs a name")]
    [InlineData("role a b", "'b' is too much")]
    [InlineData("role ö", "is not a name for a role")]
    [InlineData("role r", "role 'r' is there twice")]
    [InlineData("user", "user needs a name")]
    [InlineData("user roles=r", "looks like a condition, but the name of a user is wanted")]
    [InlineData("user a*b", "* stands at the end of a name only")]
    [InlineData("user u roles=rr", "there is no role 'rr'; did you mean r?")]
    [InlineData("user u qos=1", "'qos' is not a condition here")]
    [InlineData("anonymous x", "'x' is not a condition")]
    public void A_fault_is_told_with_its_line(string line, string expected)
    {
        string fault = Assert.Single(RuleCase.FaultsOf($"role r\n allow publish t\n{line}\n", "Mqtt", "Http"));

        Assert.StartsWith("acl:3: ", fault, StringComparison.Ordinal);
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told()
    {
        string[] faults = RuleCase.FaultsOf("allow publish t\nrole r\n alow publish t\n allow publsh a# qos=7\n");

        Assert.Equal(["acl:1", "acl:3", "acl:4", "acl:4", "acl:4"], faults.Select(fault => fault[..5]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n# nothing\n")]
    [InlineData("role r\nuser u roles=r\n")]
    public void A_file_without_a_rule_is_a_fault(string text) =>
        Assert.Contains("has no rule", Assert.Single(RuleCase.FaultsOf(text)), StringComparison.Ordinal);

    [Fact]
    public void Quotes_hold_spaces_quotes_and_what_would_be_a_comment()
    {
        var rules = RuleCase.Read("user \"a \\\"b\\\" \\\\\" # who\n allow publish \"t u/#\" # what\n allow publish #");

        Assert.Equal("a \"b\" \\", rules.Grants[0].Name);
        Assert.Equal(["t u/#", "#"], rules.Grants[0].Roles[0].Rules.Select(rule => rule.Filter));
    }

    [Theory]
    [InlineData(null, "cannot be read")]
    [InlineData("", "has no rule")]
    [InlineData("everyone\n alow publish t\n", "did you mean allow?")]
    [InlineData("everyone\n allow publish t listener=Mqt\n", "did you mean Mqtt?")]
    public void A_configuration_with_a_faulty_file_is_faulty(string? text, string expected)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "acl.txt");
        if (text is not null) folder.Write("acl.txt", text);

        HostConfiguration configuration = ConfigurationCase.FromArguments("--Broker:Acl:Path", path);

        Assert.Contains(expected, configuration.OnlyFault(), StringComparison.Ordinal);
        Assert.Null(configuration.AccessRules);
    }

    [Fact]
    public void A_file_that_is_not_UTF_8_is_a_fault()
    {
        using var folder = new TempFolder();
        string path = folder.Write("acl.txt", [0x65, 0xFF, 0x0A]);

        Assert.Contains("is not UTF-8 text", ConfigurationCase.FromArguments("--Broker:Acl:Path", path).OnlyFault(), StringComparison.Ordinal);
    }
}
