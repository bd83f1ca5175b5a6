using System.Text;
using Broker.Core.Topics;

namespace Broker.Core.Tests.Topics;

internal class TestEntry(string filter) : TreeEntry
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes(filter);

    public string Filter { get; } = filter;

    public override ReadOnlySpan<byte> Path => _path;
}
