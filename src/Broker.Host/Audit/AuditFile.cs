using System.Globalization;

namespace Broker.Host.Audit;

/// <summary>The file behind the audit log, which begins anew when it is full.</summary>
/// <remarks>Threading: one thread.</remarks>
internal sealed class AuditFile : IDisposable
{
    private readonly string _path;
    private readonly long _maxBytes;
    private readonly int _files;
    private FileStream _stream;

    /// <summary>Opens it at its end.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public AuditFile(string path, long maxBytes, int files)
    {
        (_path, _maxBytes, _files) = (path, maxBytes, files);
        _stream = Open();
    }

    /// <summary>Appends lines, together in one file.</summary>
    public void Write(ReadOnlySpan<byte> lines)
    {
        if (_stream.Length > 0 && _stream.Length + lines.Length > _maxBytes) Rotate();
        _stream.Write(lines);
        _stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void Rotate()
    {
        _stream.Dispose();
        for (int i = _files - 1; i >= 1; i--)
        {
            string from = i == 1 ? _path : Aside(i - 1);
            if (File.Exists(from)) File.Move(from, Aside(i), overwrite: true);
        }

        if (_files == 1) File.Delete(_path);
        _stream = Open();
    }

    private string Aside(int number) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{number}");

    // Readable while it is written, and checked by opening it when the configuration is read again; for its owner alone, since it names clients and addresses.
    private FileStream Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        return new FileStream(_path, options);
    }
}
