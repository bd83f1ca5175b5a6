namespace Broker.Host.Endpoints.Epoll;

/// <summary>What a loop owns, by number.</summary>
/// <remarks>Threading: the loop's thread. A number is given again at once, so what the kernel told of it before may meet another member.</remarks>
internal sealed class MemberTable
{
    private readonly Stack<int> _free = new();
    private LoopMember?[] _members = new LoopMember?[16];
    private int _end;

    /// <summary>The member with this number; null where there is none.</summary>
    public LoopMember? this[int slot] => (uint)slot < (uint)_members.Length ? _members[slot] : null;

    /// <summary>Gives it a number.</summary>
    public void Add(LoopMember member)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _end++;
            if (slot == _members.Length) Array.Resize(ref _members, 2 * slot);
        }

        _members[slot] = member;
        member.Slot = slot;
    }

    /// <summary>Takes its number back.</summary>
    public void Remove(LoopMember member)
    {
        _members[member.Slot] = null;
        _free.Push(member.Slot);
        member.Slot = -1;
    }

    /// <summary>All of them.</summary>
    public LoopMember[] All() => [.. _members.OfType<LoopMember>()];
}
