using System.Runtime.CompilerServices;
using Broker.Fuzz;

namespace Broker.Host.Tests.Attacks;

/// <summary>The corpus of the fuzzer again, and a fuzzer that finds what is put before it.</summary>
public sealed class FuzzTests
{
    private const long Executions = 20_000;

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_of_the_corpus_is_read_or_refused(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(target => target.Name == name);

        List<byte[]> inputs = Corpus.Load(target);

        Assert.NotEmpty(inputs);
        Assert.All(inputs, input => Assert.Null(Execution.Run(target, input)));
    }

    [Theory]
    [InlineData("throws", "threw System.IndexOutOfRangeException")]
    [InlineData("allocates", "allocated")]
    [InlineData("answers wrong", "came out wrong")]
    public void What_is_wrong_behind_one_byte_is_found(string defect, string fault)
    {
        var target = new FaultyTarget(defect);

        List<(byte[] Input, string Fault)> faults = new Campaign(target, new CampaignOptions(), new Coverage()).Run(Executions);

        Assert.StartsWith(fault, Assert.Single(faults).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_right_has_no_faults() =>
        Assert.Empty(new Campaign(new FaultyTarget("nothing"), new CampaignOptions(), new Coverage()).Run(Executions));

    /// <summary>A program with one defect, which shows where an input begins with a certain byte.</summary>
    private sealed class FaultyTarget(string defect) : FuzzTarget
    {
        private const byte Trigger = 0xAB;

        public override string Name => "faulty";

        public override int Share => 1;

        public override IEnumerable<byte[]> Seeds => [[1, 2, 3]];

        public override long AllocationBound(int inputBytes) => 100_000;

        [MethodImpl(MethodImplOptions.NoInlining)] // its trace is the same however hot it is
        public override object? Execute(byte[] input)
        {
            if (input.Length == 0 || input[0] != Trigger) return null;
            return defect switch
            {
                "throws" => input[input.Length],
                "allocates" => new byte[1_000_000],
                "answers wrong" => "wrong",
                _ => null,
            };
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public override void Check(byte[] input, object? outcome)
        {
            if (outcome is string) throw new InvalidOperationException("that is not the answer");
        }
    }
}
