namespace Broker.Fuzz;

/// <summary>Something that takes bytes from strangers.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Its name on the command line, and of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>How many of a thousand executions it gets.</summary>
    public abstract int Share { get; }

    /// <summary>Good inputs to begin with.</summary>
    public abstract IEnumerable<byte[]> Seeds { get; }

    /// <summary>Words that mean something here, for the mutator to put in.</summary>
    public virtual IReadOnlyList<byte[]> Words => [];

    /// <summary>The longest input that is tried.</summary>
    public virtual int MaxBytes => 4_096;

    /// <summary>The most that an input of a size may make the program allocate, in bytes.</summary>
    public abstract long AllocationBound(int inputBytes);

    /// <summary>Makes an input look right from outside again, after a mutation; most mutants would otherwise be refused at the door.</summary>
    public virtual byte[] Repair(byte[] input, Random random) => input;

    /// <summary>Runs the program on an input.</summary>
    /// <returns>What <see cref="Check"/> looks at.</returns>
    public abstract object? Execute(byte[] input);

    /// <summary>Whether this exception is how the program refuses bad input.</summary>
    public virtual bool IsRefusal(Exception exception) => false;

    /// <summary>Looks at what came out, beside the measurement. Throws where it is wrong.</summary>
    public virtual void Check(byte[] input, object? outcome)
    {
    }
}
