using System.Text;
using Broker.Core.Topics;

namespace Broker.Core.Security.Access;

/// <summary>A rule taken apart for evaluation.</summary>
internal sealed class CompiledRule
{
    private readonly byte[]? _shareName;
    private readonly byte[][] _levels;
    private readonly int[] _variables;

    /// <summary>Takes a rule apart.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="order">Its place among all rules.</param>
    public CompiledRule(AccessRule rule, int order)
    {
        Rule = rule;
        Order = order;
        _shareName = rule.ShareName is { } name ? Encoding.UTF8.GetBytes(name) : null;
        string[] levels = rule.Filter.Split('/');
        _levels = [.. levels.Select(Encoding.UTF8.GetBytes)];
        _variables = [.. levels.Select(AccessVariables.Of)];
    }

    /// <summary>The rule as it was written.</summary>
    public AccessRule Rule { get; }

    /// <summary>Its place among all rules.</summary>
    public int Order { get; }

    /// <summary>Whether it denies.</summary>
    public bool IsDeny => Rule.Effect == AccessEffect.Deny;

    /// <summary>The levels of its filter.</summary>
    public ReadOnlySpan<byte[]> Levels => _levels;

    /// <summary>For each level the variable that it is, or -1.</summary>
    public ReadOnlySpan<int> Variables => _variables;

    /// <summary>Whether it is about a request, its topic aside.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="covering">The actions that cover what is asked.</param>
    public bool IsAbout(in AccessRequest request, AccessActions covering)
    {
        AccessActions common = Rule.Actions & covering;
        if (common == AccessActions.None) return false;
        bool isOtherGroup = common == AccessActions.Share && _shareName is not null && !request.ShareName.SequenceEqual(_shareName);
        if (isOtherGroup || !Rule.Conditions.Cover(request.Qos, request.Retain)) return false;
        return Rule.Conditions.Cover(request.Subject.Connection) ?? IsDeny;
    }

    /// <summary>Whether some topic is matched by both its filter and another one. Only asked of rules that deny.</summary>
    /// <param name="filter">The other filter, valid, without <c>$share/</c>.</param>
    /// <param name="values">The values of the variables.</param>
    public bool Intersects(ReadOnlySpan<byte> filter, byte[]?[] values)
    {
        bool goesOn = true;
        for (int i = 0; i < _levels.Length; i++)
        {
            ReadOnlySpan<byte> mine = _levels[i];
            if (mine is [TopicName.MultiLevelWildcard] && (i > 0 || !TopicName.IsReserved(filter))) return true;
            if (!goesOn) return false; // the other one ended
            ReadOnlySpan<byte> level = TopicFilter.TakeLevel(ref filter, out goesOn);
            bool isFirst = i == 0;
            if (level is [TopicName.MultiLevelWildcard]) return !isFirst || !IsReserved(i, values);
            if (!Meets(i, level, values)) return false;
        }

        return !goesOn || filter is [TopicName.MultiLevelWildcard];
    }

    /// <summary>Whether its level is a name that begins with $: first-level wildcards do not match that [MQTT-4.7.2-1].</summary>
    private bool IsReserved(int level, byte[]?[] values) => _variables[level] < 0 ? TopicName.IsReserved(_levels[level]) : ValueOf(level, values) is { } value && TopicName.IsReserved(value);

    private bool Meets(int i, ReadOnlySpan<byte> level, byte[]?[] values)
    {
        bool isFirst = i == 0;
        bool isPlus = level is [TopicName.SingleLevelWildcard];
        if (_variables[i] >= 0)
        {
            byte[]? value = ValueOf(i, values);
            return value is null || isPlus || level.SequenceEqual(value); // no value: whatever the level is
        }

        ReadOnlySpan<byte> mine = _levels[i];
        if (mine is [TopicName.SingleLevelWildcard]) return !isFirst || !TopicName.IsReserved(level);
        return isPlus ? !isFirst || !TopicName.IsReserved(mine) : level.SequenceEqual(mine);
    }

    private byte[]? ValueOf(int level, byte[]?[] values)
    {
        byte[]? value = values[_variables[level]];
        return level == 0 && value is not null && TopicName.IsReserved(value) ? null : value;
    }
}
