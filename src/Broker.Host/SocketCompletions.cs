namespace Broker.Host;

/// <summary>
/// Lets the threads that wait for the network do the work that it brings, instead of handing every event to the thread pool:
/// one event loop per processor. Nothing on that way blocks: the broker's core does no I/O and waits for nobody.
/// </summary>
/// <remarks>
/// Per message it saves a third or more of the processor's time, and at a few thousand messages a second most of it, which the
/// pool's threads spend looking for more work. The price is that a connection stays with its thread.
/// </remarks>
internal static class SocketCompletions
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>To be called before the first socket is made; an operator who set the variable keeps the word.</summary>
    public static void RunInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
    }
}
