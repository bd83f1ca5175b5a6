using System.Diagnostics;
using System.Net.Sockets;

namespace Broker.Host;

/// <summary>
/// Walks the paths of errors once at the start. The runtime opens files for its first stack trace; where that happens for the
/// first time when no descriptor is left, the process would end.
/// </summary>
internal static class WarmUp
{
    /// <summary>Walks them.</summary>
    /// <returns>What came out, so that nothing is optimised away.</returns>
    public static int Run()
    {
        try
        {
            throw new IOException("warm-up", new SocketException((int)SocketError.TooManyOpenSockets));
        }
        catch (IOException e)
        {
            return e.ToString().Length + new StackTrace(e, fNeedFileInfo: true).ToString().Length;
        }
    }
}
