namespace Broker.Core.Primitives;

/// <summary>A value that can only be reached while its lock is held. Value and lock are one small object, because every connection has one.</summary>
/// <typeparam name="T">The value: a mutable struct that lies in here.</typeparam>
internal sealed class Guarded<T>
    where T : struct
{
    private T _value;

    /// <summary>Takes the lock; dispose what comes back to give it up.</summary>
    public Access Enter() => new(this);

    /// <summary>The value, for as long as the lock is held.</summary>
    internal readonly ref struct Access
    {
        private readonly Guarded<T> _owner;

        internal Access(Guarded<T> owner)
        {
            Monitor.Enter(owner); // nobody else can lock it: it is never handed out
            _owner = owner;
        }

        /// <summary>The value.</summary>
        public ref T Value => ref _owner._value;

        /// <summary>Gives the lock up.</summary>
        public void Dispose() => Monitor.Exit(_owner);
    }
}
