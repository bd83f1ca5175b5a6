using System.Text;
using Broker.Core.ChangeDetection;
using Broker.Testing.Wire;

namespace Broker.Fuzz.Targets;

/// <summary>Options of a change-only subscription (<c>name=value</c>, a line each), an empty line, and two payloads with a line break between: how they compare.</summary>
internal sealed class ChangeTarget : FuzzTarget
{
    private const ulong Key = 0x9E3779B97F4A7C15;

    private static readonly string[] _seeds =
    [
        "deadband=0.5\n\n21.5\n22.1", "deadband=2%\npointer=/v\n\n{\"v\":10}\n{\"v\":11,\"t\":1}", "pointer=/a/0/b~1c\npointer=\n\n{\"a\":[{\"b/c\":null}]}\n[1,2,{}]",
        "max-silence=5\nmin-interval=0.1\n\nx\ny", "pointer=/x\n\n{\"x\":\"\\ud83d\"}\n{\"\\ud800\":1}", "\n1e308\n-1e309", "pointer=/0\ndeadband=0\n\n[0]\n[00]",
    ];

    public override string Name => "changes";

    public override int Share => 106;

    public override IEnumerable<byte[]> Seeds => _seeds.Select(Encoding.UTF8.GetBytes);

    public override IReadOnlyList<byte[]> Words { get; } =
        [.. new[] { "deadband=", "pointer=", "min-interval=", "max-silence=", "/v", "~0", "~1", "~", "{\"v\":", "}", "[", "]", "null", "1e400", "-0", "NaN", "%", "\\u0000", "\\ud800", "\n\n" }.Select(Encoding.UTF8.GetBytes)];

    public override long AllocationBound(int inputBytes) => 16_384 + (64L * inputBytes);

    public override object? Execute(byte[] input)
    {
        int at = input.AsSpan().IndexOf("\n\n"u8);
        if (at < 0) return null;
        var properties = new Properties();
        foreach (string line in Encoding.UTF8.GetString(input, 0, at).Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) properties.User(line[..equals], line[(equals + 1)..]);
        }

        if (SubscribeProperties.TryRead(properties.ToBlock(), out ChangeOptions options) is not null) return null;
        ReadOnlySpan<byte> payloads = input.AsSpan(at + 2);
        int middle = payloads.IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = middle < 0 ? payloads : payloads[..middle];
        Fingerprint one = Fingerprint.Of(first, options, Key);
        Fingerprint same = Fingerprint.Of(first, options, Key);
        Fingerprint other = Fingerprint.Of(middle < 0 ? default : payloads[(middle + 1)..], options, Key);
        return (one.IsChangeFrom(same, options), same.IsChangeFrom(one, options), other.IsChangeFrom(one, options), first.IsEmpty, options.ComparesBytes);
    }

    public override void Check(byte[] input, object? outcome)
    {
        if (outcome is not (bool there, bool back, bool _, bool isEmpty, bool comparesBytes)) return;
        if (there != back) throw new InvalidOperationException("a value differs from itself in one direction only");
        if (isEmpty && !there) throw new InvalidOperationException("an empty payload is no change");
        if (comparesBytes && !isEmpty && there) throw new InvalidOperationException("the same bytes are a change");
    }
}
