using System.Net.Security;
using Broker.Attack;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Attacks;

/// <summary>The catalogue of attacks against the real program, and against doubles that must not stand them.</summary>
public sealed class AttackTests
{
    private static readonly TimeSpan _impatience = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Files => [.. AttackFiles.All.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_attack_of_the_catalogue_ends_as_it_must(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a process takes is read from /proc.");
        Assert.SkipUnless(AttackFiles.Missing(file).Count == 0, $"{string.Join(" and ", AttackFiles.Missing(file))} is not installed.");

        IReadOnlyList<AttackResult> results = await RunAsync(AttackFiles.Rows(file), AttackFiles.All.Single(one => one.Name == file).Setting);

        Assert.NotEmpty(results);
        string[] faults = [.. results.Where(result => result.Fault is not null).Select(result => $"{result.Row.Name} {result.Row.Title}: {result.Fault}")];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("  expect closed 99\n", "expect closed 99: closed 0x82")]
    [InlineData("  expect suback 00\n", "expect suback 00: closed 0x82")]
    [InlineData("  memory: -1\n  expect closed 82\n", "MiB")]
    [InlineData("  cpu: -1\n  expect closed 82\n", "of a processor")]
    public async Task A_row_that_is_not_as_it_says_fails(string lines, string fault)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "What a process takes is read from /proc.");
        string row = "X1 two CONNECTs\n  source: MQTT-3.1.0-2\n  open 1\n  send C5 C5\n" + lines;

        IReadOnlyList<AttackResult> results = await RunAsync(AttackRow.Read(row.Split('\n')), AttackSetting.Open);

        Assert.Contains(fault, Assert.Single(results).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_never_hangs_up_does_not_stand_it()
    {
        var suite = new AttackSuite(() => Task.FromResult<BrokerUnderTest>(new CarelessBroker { Patience = _impatience }), "");

        IReadOnlyList<AttackResult> results = await suite.RunAsync(AttackFiles.Rows("protocol").Where(row => row.Name is "A02" or "A19"));

        Assert.Equal(["expect closed: nothing happens", "expect closed 82,81: nothing happens"], results.Select(result => result.Fault));
    }

    [Fact]
    public async Task A_broker_that_serves_nobody_else_does_not_stand_it()
    {
        var suite = new AttackSuite(() => Task.FromResult<BrokerUnderTest>(new CarelessBroker { Patience = _impatience, StopsAt = "X1" }), "");
        string row = "X1 the name is enough\n  source: -\n  open 1\n  send C5\n  expect connack 00\n";

        IReadOnlyList<AttackResult> results = await suite.RunAsync(AttackRow.Read(row.Split('\n')));

        Assert.Equal("another client got no answer any more", Assert.Single(results).Fault);
    }

    [Fact]
    public async Task A_broker_that_logs_what_it_is_sent_does_not_stand_it()
    {
        var suite = new AttackSuite(() => Task.FromResult<BrokerUnderTest>(new CarelessBroker { Patience = _impatience, StopsAt = "never", LogsWhatItGets = true }), "");
        string row = "X1 a line break in a client identifier\n  source: -\n  open 1\n  send 10[\"MQTT\" 05 02 003C {} \"probe-x\\r\\nforged\"]\n  expect connack 00\n";

        IReadOnlyList<AttackResult> results = await suite.RunAsync(AttackRow.Read((row + row).Split('\n')));

        Assert.Equal([null, "its log has what an attacker wrote: forged"], results.Select(result => result.Fault));
    }

    [Fact]
    public void The_large_chain_is_as_large_as_its_row_says()
    {
        SslStreamCertificateContext context = AttackCertificates.Shared.Client("large").ClientCertificateContext!; // it has one

        Assert.True(context.IntermediateCertificates.Sum(certificate => certificate.RawData.Length) + context.TargetCertificate.RawData.Length > 1_000_000);
    }

    [Theory]
    [InlineData("10[\"a\" {26} 'bc' 2*(00 FF)]", "100900016101266263" + "00FF00FF")]
    [InlineData("3*(2*('x'))", "787878787878")]
    [InlineData("C4=me", "100E00044D5154540402003C00026D65")]
    [InlineData("16 3<2<'a\\r\\n\\e'> 1<>>", "16000007000461" + "0D0A1B00")]
    public void Bytes_are_what_they_say(string text, string expected) =>
        Assert.Equal(expected.Replace("1009", "100B", StringComparison.Ordinal), Convert.ToHexString(AttackBytes.Parse(text, "id")));

    [Theory]
    [InlineData("1")]
    [InlineData("10[")]
    [InlineData("10]")]
    [InlineData("\"x")]
    [InlineData("zz")]
    [InlineData("2<00")]
    public void Bytes_that_are_written_wrong_are_told(string text) => Assert.Throws<FormatException>(() => AttackBytes.Parse(text, "id"));

    private static Task<IReadOnlyList<AttackResult>> RunAsync(IEnumerable<AttackRow> rows, AttackSetting setting)
    {
        BrokerKind kind = BrokerKind.Own(BrokerProcess.Executable);
        return new AttackSuite(StartAsync, AttackFiles.ProbeCredentials(setting)).RunAsync(rows);

        async Task<BrokerUnderTest> StartAsync()
        {
            BrokerUnderTest broker = await BrokerUnderTest.StartAsync(kind, AttackFiles.ForFolder(), setting);
            broker.Patience = Eventually.Patience;
            return broker;
        }
    }
}
