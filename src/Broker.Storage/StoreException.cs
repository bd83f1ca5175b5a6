namespace Broker.Storage;

/// <summary>The store cannot be read or written; the message says which file, what happened and what to do.</summary>
public sealed class StoreException : IOException
{
    /// <summary>Without a cause.</summary>
    public StoreException(string message)
        : base(message)
    {
    }

    /// <summary>With a cause.</summary>
    public StoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Without a message.</summary>
    public StoreException()
    {
    }
}
