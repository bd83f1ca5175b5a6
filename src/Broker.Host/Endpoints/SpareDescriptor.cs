using Microsoft.Win32.SafeHandles;

namespace Broker.Host.Endpoints;

/// <summary>A descriptor held in reserve, to be given up for a moment when there is no other one.</summary>
internal sealed class SpareDescriptor : IDisposable
{
    private SafeFileHandle? _handle;

    /// <summary>Takes one.</summary>
    public SpareDescriptor() => Take();

    /// <summary>Takes one again, if there is one.</summary>
    public void Take()
    {
        if (_handle is not null || OperatingSystem.IsWindows()) return;
        try
        {
            _handle = File.OpenHandle("/dev/null");
        }
        catch (IOException)
        {
            // Still none left; the next round tries again.
            _handle = null;
        }
    }

    /// <summary>Gives it up.</summary>
    public void Release()
    {
        _handle?.Dispose();
        _handle = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Release();
}
