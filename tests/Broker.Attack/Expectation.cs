using System.Globalization;

namespace Broker.Attack;

/// <summary>
/// What has to happen to a connection, one of several: <c>closed</c>, <c>closed 81,82</c> (and CONNACK or DISCONNECT says why),
/// <c>suback 8F</c> or another packet with a reason code, <c>publish a/b</c>, <c>alive</c> (PINGREQ is answered), <c>silence</c>
/// (it is, and no message came before).
/// </summary>
internal sealed class Expectation
{
    private static readonly byte[] _ping = [0xC0, 0x00];
    private readonly (string What, string Detail)[] _options;

    public Expectation(string text)
    {
        _options = [.. text.Split(" or ").Select(option => option.Split(' ', 2)).Select(parts => (parts[0], parts.ElementAtOrDefault(1) ?? ""))];
    }

    /// <summary>Waits for it.</summary>
    /// <returns>What happened, and whether it was expected.</returns>
    public async Task<(bool IsMet, string Happened)> CheckAsync(AttackConnection connection, CancellationToken deadline)
    {
        bool wasMessage = false;
        bool pings = _options.Any(option => option.What is "alive" or "silence");
        try
        {
            if (pings) await connection.SendAsync(_ping, _ping.Length, deadline);
            while (await connection.NextAsync(deadline) is { } packet)
            {
                wasMessage |= packet.Name == "publish";
                if (_options.Any(option => IsMet(option, packet, wasMessage))) return (true, Describe(packet));
                if (pings && packet.Name == "pingresp") return (false, wasMessage ? "a message came" : "goes on");
            }
        }
        catch (OperationCanceledException)
        {
            return (false, "nothing happens");
        }

        bool isMet = _options.Any(option => option.What == "closed" && (option.Detail.Length == 0 || (connection.LastReason is { } reason && Codes(option.Detail).Contains(reason))));
        return (isMet, connection.LastReason is { } code ? $"closed 0x{code:X2}" : "closed");
    }

    private static bool IsMet((string What, string Detail) option, AttackPacket packet, bool wasMessage) => option.What switch
    {
        "closed" => false,
        "alive" => packet.Name == "pingresp",
        "silence" => packet.Name == "pingresp" && !wasMessage,
        "publish" => packet.Name == "publish" && packet.Topic == option.Detail,
        _ => packet.Name == option.What && (option.Detail.Length == 0 || Codes(option.Detail).Contains(packet.Reason)),
    };

    private static string Describe(AttackPacket packet) => packet.Name switch
    {
        "pingresp" => "goes on",
        "publish" => "publish " + packet.Topic,
        _ => string.Create(CultureInfo.InvariantCulture, $"{packet.Name} 0x{packet.Reason:X2}"),
    };

    private static IEnumerable<int> Codes(string detail) => detail.Split(',').Select(code => Convert.ToInt32(code, 16));
}
