namespace Broker.Core.Protocol;

/// <summary>
/// The properties of a message that travel on to its subscribers, in their order: payload format indicator, content type,
/// response topic, correlation data and user properties. A view into the packet that they came in.
/// </summary>
public readonly ref struct ForwardedProperties
{
    private readonly ReadOnlySpan<byte> _block;

    internal ForwardedProperties(ReadOnlySpan<byte> block, int length)
    {
        _block = block;
        Length = length;
    }

    /// <summary>Their size in bytes, without a length in front.</summary>
    public int Length { get; }

    /// <summary>Whether every property of the packet travels on.</summary>
    public bool IsWholeBlock => Length == _block.Length;

    /// <summary>Writes them to the start of <paramref name="destination"/>, which has room for <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (IsWholeBlock)
        {
            _block.CopyTo(destination);
            return;
        }

        var reader = new PropertyReader(_block);
        while (reader.TryReadNext(out PropertyId id, out _, out int start, out int length))
        {
            if (!TravelsOn(id)) continue;
            _block.Slice(start, length).CopyTo(destination);
            destination = destination[length..];
        }
    }

    /// <summary>False for what is between this publisher and the broker, or changes while the message waits.</summary>
    internal static bool TravelsOn(PropertyId id) =>
        id is not (PropertyId.MessageExpiryInterval or PropertyId.TopicAlias or PropertyId.WillDelayInterval);
}
