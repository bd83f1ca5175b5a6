using Microsoft.Win32.SafeHandles;

namespace Broker.Host.Endpoints;

/// <summary>
/// Descriptors held in reserve. When the system has no more, they are given up: some for the connections that wait, which are
/// taken and closed, the rest for the runtime, which needs two for every thread that it starts and ends the process without.
/// </summary>
/// <remarks>Threading: one user at a time.</remarks>
internal sealed class SpareDescriptors : IDisposable
{
    private const int Count = 16;
    private readonly List<SafeFileHandle> _handles = new(Count);

    /// <summary>Takes them.</summary>
    public SpareDescriptors() => TryTake();

    /// <summary>Takes those that are missing; false where that would leave too few, and then none is taken.</summary>
    public bool TryTake()
    {
        try
        {
            // Looked up, not tried: for the moment of trying a thread that the runtime starts would find none.
            if (DescriptorLimit.Left() is { } left && left < 2 * Count) return false;
            while (!OperatingSystem.IsWindows() && _handles.Count < Count) _handles.Add(File.OpenHandle("/dev/null"));
            return true;
        }
        catch (IOException)
        {
            Release();
            return false;
        }
    }

    /// <summary>Gives them up.</summary>
    public void Release()
    {
        foreach (SafeFileHandle handle in _handles) handle.Dispose();
        _handles.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Release();
}
