using System.Text;
using Broker.Core.Topics;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Topics;

/// <summary>The tree against a list and the naive matcher.</summary>
public sealed class SubscriptionTreeModelTests
{
    private enum Step
    {
        Add,
        Remove,
        Match,
    }

    private static readonly Gen<(Step Step, string Filter, string Topic, int Pick)> _steps =
        Gen.Select(Gen.OneOf(Step.Add, Step.Add, Step.Add, Step.Remove, Step.Remove, Step.Match), PathGen.Filter, PathGen.Topic, Gen.Int[0, 999]);

    [Fact]
    public void It_does_what_a_list_and_the_naive_matcher_do()
    {
        Gen.Select(_steps.Array[0, 120], Gen.ULong).Sample((steps, seed) => Run(new Model(seed), steps), iter: 2_000);
    }

    [Fact]
    public void It_does_so_while_it_grows_and_is_emptied_again()
    {
        // Long lists of adding, then of removing, so that arrays grow, shrink, and nodes are moved together.
        Gen.Select(PathGen.Filter.Array[200, 700], Gen.Int[2, 400], PathGen.Topic.Array[20], Gen.ULong).Sample(
            (filters, spread, topics, seed) =>
            {
                var model = new Model(seed);
                for (int i = 0; i < filters.Length; i++)
                {
                    model.Add($"{i % spread}/{filters[i]}");
                }

                for (int kept = filters.Length; kept > 0; kept /= 3)
                {
                    while (model.Count > kept)
                    {
                        model.RemoveAt((model.Count * 31 + kept) % model.Count);
                    }

                    foreach (string topic in topics)
                    {
                        model.Match($"{kept % spread}/{topic}");
                    }
                }

                model.RemoveAll();
            },
            iter: 40);
    }

    private static void Run(Model model, (Step Step, string Filter, string Topic, int Pick)[] steps)
    {
        foreach ((Step step, string filter, string topic, int pick) in steps)
        {
            switch (step)
            {
                case Step.Add:
                    model.Add(filter);
                    break;
                case Step.Remove when model.Count > 0:
                    model.RemoveAt(pick % model.Count);
                    break;
                default:
                    model.Match(topic);
                    break;
            }
        }

        model.RemoveAll();
    }

    private sealed class Model(ulong seed)
    {
        private readonly SubscriptionTree<TestEntry> _tree = new(seed);
        private readonly List<TestEntry> _entries = [];
        private Matches<TestEntry> _matches = new();
        private long _changes;

        public int Count => _entries.Count;

        public void Add(string filter)
        {
            var entry = new TestEntry(filter);
            _tree.Add(entry);
            _entries.Add(entry);
            CheckCounts();
        }

        public void RemoveAt(int index)
        {
            _tree.Remove(_entries[index]);
            _entries.RemoveAt(index);
            CheckCounts();
        }

        public void RemoveAll()
        {
            while (_entries.Count > 0)
            {
                RemoveAt(_entries.Count / 2);
            }

            Assert.Equal(0, _tree.NodeCount);
        }

        public void Match(string topic)
        {
            _matches.Clear();
            _tree.Match(Encoding.UTF8.GetBytes(topic), ref _matches);

            var expected = _entries.Where(entry => PathGen.Matches(entry.Filter, topic)).ToHashSet();
            Assert.Equal(expected.Count, _matches.Count);
            Assert.True(expected.SetEquals(_matches.Span.ToArray()), topic);
            Assert.Equal(expected.Select(entry => entry.Filter).Distinct().Count() > 1, _matches.MoreThanOneNode);
        }

        private void CheckCounts()
        {
            Assert.Equal(++_changes, _tree.Version);
            Assert.Equal(_entries.Count, _tree.Count);
        }
    }
}
