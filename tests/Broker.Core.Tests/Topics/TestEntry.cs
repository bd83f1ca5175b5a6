using Broker.Core.Topics;

namespace Broker.Core.Tests.Topics;

internal sealed class TestEntry(string filter) : TreeEntry
{
    public string Filter { get; } = filter;
}
