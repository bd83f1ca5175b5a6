namespace Broker.Core.Primitives;

/// <summary>A value that can only be reached while its lock is held.</summary>
internal sealed class Guarded<T>(T value)
{
    private readonly Lock _gate = new();
    private readonly T _value = value;

    /// <summary>Takes the lock; dispose what comes back to give it up.</summary>
    public Access Enter() => new(this);

    /// <summary>The value, for as long as the lock is held.</summary>
    internal readonly ref struct Access
    {
        private readonly Lock.Scope _scope;

        internal Access(Guarded<T> owner)
        {
            _scope = owner._gate.EnterScope();
            Value = owner._value;
        }

        /// <summary>The value.</summary>
        public T Value { get; }

        /// <summary>Gives the lock up.</summary>
        public void Dispose() => _scope.Dispose();
    }
}
