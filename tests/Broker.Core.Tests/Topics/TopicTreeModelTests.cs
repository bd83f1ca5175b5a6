using System.Text;
using Broker.Core.Topics;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Topics;

/// <summary>The tree against a dictionary and the naive matcher.</summary>
public sealed class TopicTreeModelTests
{
    private enum Step
    {
        Set,
        Remove,
        Get,
        Match,
    }

    [Fact]
    public void It_does_what_a_dictionary_and_the_naive_matcher_do()
    {
        Gen.Select(Gen.Select(Gen.OneOf(Step.Set, Step.Set, Step.Remove, Step.Get, Step.Match), PathGen.Topic, PathGen.Filter).Array[0, 120], Gen.ULong).Sample(
            (steps, seed) =>
            {
                var model = new Model(seed);
                foreach ((Step step, string topic, string filter) in steps)
                {
                    model.Do(step, topic, filter);
                }
            },
            iter: 2_000);
    }

    [Fact]
    public void It_does_so_while_it_grows_and_is_emptied_again()
    {
        Gen.Select(PathGen.Topic.Array[200, 700], Gen.Int[2, 400], PathGen.Filter.Array[20], Gen.ULong).Sample(
            (topics, spread, filters, seed) =>
            {
                var model = new Model(seed);
                string[] paths = [.. topics.Select((topic, i) => $"{i % spread}/{topic}")];
                foreach (string path in paths)
                {
                    model.Do(Step.Set, path, "");
                }

                for (int i = 0; i < paths.Length; i++)
                {
                    model.Do(Step.Remove, paths[i], "");
                    model.Do(Step.Get, paths[^1], "");
                    if (i % 40 == 0)
                    {
                        model.Do(Step.Match, "", filters[i / 40 % filters.Length]);
                        model.Do(Step.Match, "", "+/" + filters[i / 40 % filters.Length]);
                    }
                }
            },
            iter: 40);
    }

    private sealed class Model(ulong seed)
    {
        private readonly TopicTree<string> _tree = new(seed);
        private readonly Dictionary<string, string> _values = [];
        private Matches<string> _matches = new();
        private int _sets;

        public void Do(Step step, string topic, string filter)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(topic);
            string? known = _values.GetValueOrDefault(topic);
            switch (step)
            {
                case Step.Set:
                    string value = $"{topic} {_sets++}";
                    Assert.Same(known, _tree.Set(utf8, value));
                    _values[topic] = value;
                    break;
                case Step.Remove:
                    Assert.Same(known, _tree.Remove(utf8));
                    _values.Remove(topic);
                    break;
                case Step.Get:
                    Assert.Same(known, _tree.Get(utf8));
                    break;
                case Step.Match:
                    _matches.Clear();
                    _tree.Match(Encoding.UTF8.GetBytes(filter), ref _matches);
                    IEnumerable<string> expected = _values.Where(pair => PathGen.Matches(filter, pair.Key)).Select(pair => pair.Value);
                    Assert.Equal(expected.Order(StringComparer.Ordinal), _matches.Span.ToArray().Order(StringComparer.Ordinal));
                    break;
            }

            Assert.Equal(_values.Count, _tree.Count);
        }
    }
}
