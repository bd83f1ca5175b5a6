using System.Globalization;
using Broker.Client.Connection;

namespace Broker.Client.Tests;

/// <summary>The error table: what is tried again, and that the documentation says so.</summary>
public sealed class ReasonCodeTests
{
    private static readonly byte[] _reconnect = [0x00, 0x04, 0x80, 0x83, 0x88, 0x89, 0x8B, 0x8D, 0x93, 0x96, 0x97, 0x9C, 0x9D, 0x9F, 0xA0];
    private static readonly byte[] _retry = [0x80, 0x83, 0x91, 0x97];

    [Fact]
    public void Only_what_may_be_better_the_next_time_is_tried_again()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];

        Assert.Equal(_reconnect, all.Where(ReasonCodes.MayReconnect));
        Assert.Equal(_retry, all.Where(ReasonCodes.MayRetry));
    }

    [Fact]
    public void Every_reason_code_of_the_specification_has_its_name()
    {
        byte[] errors = [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x93, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2];

        foreach (byte code in errors) Assert.DoesNotContain("unknown", ReasonCodes.Describe(code, null), StringComparison.Ordinal);
        Assert.Equal("0x97 quota exceeded: too many", ReasonCodes.Describe(0x97, "too many"));
    }

    [Fact]
    public void The_documentation_names_what_is_tried_again()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Broker.sln"))) root = Path.GetDirectoryName(root);
        if (root is null) Assert.Skip("The sources are not above the tests' output");
        string[] rows = [.. File.ReadLines(Path.Combine(root, "docs", "client.md")).Where(line => line.StartsWith("| 0x", StringComparison.Ordinal))];

        foreach (byte code in _reconnect.Where(code => code >= 0x80)) Assert.Contains("tries", Cell(rows, code, 2), StringComparison.Ordinal);
        foreach (byte code in _retry) Assert.Contains("transient", Cell(rows, code, 3), StringComparison.Ordinal);
    }

    private static string Cell(string[] rows, byte code, int column)
    {
        string name = "0x" + code.ToString("X2", CultureInfo.InvariantCulture);
        string[] cells = rows.Single(row => row.Split('|')[1].Contains(name, StringComparison.Ordinal)).Split('|');
        return cells[column];
    }
}
