namespace Broker.Core.Connections;

/// <summary>Makes client identifiers for clients that bring none [MQTT-3.1.3-6]: 22 characters that every client library accepts.</summary>
/// <remarks>Threading: any thread; the source of randomness is used under a lock, because it may be a seeded one.</remarks>
internal sealed class ClientIdentifiers(Random random)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int Length = 17;

    private readonly Lock _gate = new();

    /// <summary>A new identifier.</summary>
    public string Next()
    {
        lock (_gate) return "auto-" + random.GetString(Alphabet, Length);
    }
}
