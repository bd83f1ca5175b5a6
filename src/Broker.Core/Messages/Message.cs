using System.Buffers;
using System.Diagnostics;
using System.Numerics;
using Broker.Core.Protocol;
using Broker.Core.Storage;
using Broker.Core.Time;

namespace Broker.Core.Messages;

/// <summary>
/// One application message: immutable, and shared by every queue, window and retained slot that holds it. Topic, forwarded
/// properties and payload lie side by side in one pooled buffer in their wire form, so that sending is copying.
/// </summary>
/// <remarks>
/// Owner: counted. Whoever stores a reference calls <see cref="AddReference"/>, whoever drops it calls <see cref="Release"/>;
/// the last release returns the object, with its buffer if that is small, to the pool, and nothing of the message may be touched after it.
/// </remarks>
public sealed class Message
{
    private const int SmallestBuffer = 16; // of the array pool
    private const int LargestKeptBuffer = 512;

    private readonly MessagePool _pool;
    private byte[] _bytes = [];
    private int _topicLength;
    private int _propertiesLength;
    private int _payloadLength;
    private int _references;
    private long _storeNumber;

    internal Message(MessagePool pool) => _pool = pool;

    /// <summary>The topic name in UTF-8.</summary>
    public ReadOnlySpan<byte> Topic => _bytes.AsSpan(2, _topicLength);

    /// <summary>The topic name in wire form: two bytes of length, then the name.</summary>
    public ReadOnlySpan<byte> PrefixedTopic => _bytes.AsSpan(0, 2 + _topicLength);

    /// <summary>The MQTT 5 properties that travel on to subscribers, in wire form and in the publisher's order.</summary>
    public ReadOnlySpan<byte> Properties => _bytes.AsSpan(2 + _topicLength, _propertiesLength);

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload => _bytes.AsSpan(2 + _topicLength + _propertiesLength, _payloadLength);

    /// <summary>The QoS it was published with.</summary>
    public QualityOfService Qos { get; private set; }

    /// <summary>Whether it was published with RETAIN set.</summary>
    public bool Retain { get; private set; }

    /// <summary>When it expires, in milliseconds of the broker's clock; <see cref="long.MaxValue"/> if never.</summary>
    public long ExpiresAt { get; internal set; }

    /// <summary>Who published it.</summary>
    public PublisherIdentity Publisher { get; private set; } = PublisherIdentity.Broker;

    /// <summary>Bytes that this message counts for wherever its memory is bounded.</summary>
    public int Size => 2 + _topicLength + _propertiesLength + _payloadLength;

    /// <summary>
    /// Whether it was a retained message and no longer is its topic's: a replay that took it earlier skips it, because the
    /// newer one has been delivered as a live message.
    /// </summary>
    internal bool IsSuperseded
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Which retained message of the broker it is, counted from 1; 0 if it was never retained. Set by <see cref="RetainedMessages"/>.</summary>
    internal long RetainedNumber { get; set; }

    /// <summary>What removes it from its topic when it expires; set and cleared by <see cref="RetainedMessages"/> under its gate.</summary>
    internal WheelTimer? RetainedExpiry { get; set; }

    /// <summary>What its acknowledgement promises; set by the router before anybody has the message.</summary>
    internal AckLevel AckLevel { get; set; }

    /// <summary>Its number in the store; 0 while it was never written there.</summary>
    internal long StoreNumber => Volatile.Read(ref _storeNumber);

    /// <summary>In which generation of the store its content was written last.</summary>
    internal int StoreGeneration
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>Whether it has expired at <paramref name="now"/> (milliseconds of the broker's clock).</summary>
    public bool HasExpired(long now) => ExpiresAt <= now;

    /// <summary>Seconds it may still live, at least 1, as a forwarded Message Expiry Interval says [MQTT-3.3.2-6].</summary>
    public uint RemainingSeconds(long now) => (uint)Math.Clamp((ExpiresAt - now + 999) / 1000, 1, uint.MaxValue);

    /// <summary>One more holder.</summary>
    public void AddReference()
    {
        int references = Interlocked.Increment(ref _references);
        Debug.Assert(references > 1, "a released message was used");
    }

    /// <summary>One holder less; the last one gives the memory back.</summary>
    public void Release()
    {
        // The only holder needs no interlocked operation: nobody is left who could add a reference meanwhile.
        int references = Volatile.Read(ref _references) == 1 ? _references = 0 : Interlocked.Decrement(ref _references);
        Debug.Assert(references >= 0, "a message was released twice");
        if (references != 0) return;
        Debug.Assert(Poison());
        if (_bytes.Length > LargestKeptBuffer) GiveBuffer();
        Publisher = PublisherIdentity.Broker;
        _pool.Return(this);
    }

    /// <summary>Gives it a number in the store, unless somebody else just did.</summary>
    internal void TakeStoreNumber(long number) => Interlocked.CompareExchange(ref _storeNumber, number, 0);

    internal void Fill(in Publication publication, long now)
    {
        TakeBuffer(2 + publication.Topic.Length + publication.Properties.Length + publication.Payload.Length);
        _topicLength = publication.Topic.Length;
        _propertiesLength = publication.Properties.Length;
        _payloadLength = publication.Payload.Length;
        _bytes[0] = (byte)(_topicLength >> 8);
        _bytes[1] = (byte)_topicLength;
        publication.Topic.CopyTo(_bytes.AsSpan(2));
        publication.Properties.CopyTo(_bytes.AsSpan(2 + _topicLength));
        publication.Payload.CopyTo(_bytes.AsSpan(2 + _topicLength + _propertiesLength));
        Qos = publication.Qos;
        Retain = publication.Retain;
        Publisher = publication.Publisher;
        ExpiresAt = publication.MessageExpiryInterval is { } seconds ? now + 1000L * seconds : long.MaxValue;
        IsSuperseded = false;
        RetainedNumber = 0;
        AckLevel = AckLevel.Memory;
        _storeNumber = 0;
        _references = 1;
    }

    // A small buffer stays with its message, and is used again where the pool would have given one of the same size.
    private void TakeBuffer(int size)
    {
        if (_bytes.Length == (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, SmallestBuffer))) return;
        GiveBuffer();
        _bytes = ArrayPool<byte>.Shared.Rent(size);
    }

    private void GiveBuffer()
    {
        if (_bytes.Length != 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private bool Poison()
    {
        _bytes.AsSpan().Fill(0xDD); // a use after release shows itself
        return true;
    }
}
