using System.Text;
using Broker.Client.Telemetry;
using Microsoft.Extensions.Logging;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Polly;
using Polly.Retry;

namespace Broker.Client.Connection;

/// <summary>Keeps a client connected: attempt, connection, back-off, attempt, until it is stopped or refused for good.</summary>
/// <remarks>Threading: one loop; started and stopped by the client under its own gate.</remarks>
internal sealed class ConnectionLoop
{
    // A connection that lasted this long has worked: the next wait begins at the first delay again.
    private static readonly TimeSpan _steady = TimeSpan.FromSeconds(5);

    private readonly BrokerClientOptions _options;
    private readonly IReadOnlyList<BrokerAddress> _addresses;
    private readonly ClientSession _session;
    private readonly ConnectionGate _gate;
    private readonly ClientMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action<ConnectionState, bool, BrokerClientException?> _report;
    private readonly ResiliencePipeline _retry;
    private int _attempts;
    private int _shortLived;
    private bool _isFirst = true;

    public ConnectionLoop(
        BrokerClientOptions options, ClientSession session, ConnectionGate gate, ClientRuntime runtime, Action<ConnectionState, bool, BrokerClientException?> report)
    {
        _options = options;
        _addresses = [.. options.Addresses.Select(text => BrokerAddress.Read(text, out BrokerAddress? address) is null ? address! : throw new ArgumentException(text))]; // validated
        _session = session;
        _gate = gate;
        _metrics = runtime.Metrics;
        _time = runtime.Time;
        _log = runtime.Log;
        _report = report;
        _retry = new ResiliencePipelineBuilder { TimeProvider = _time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            ShouldHandle = new PredicateBuilder().Handle<BrokerClientException>(exception => exception.IsTransient),
            DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Delay(arguments.AttemptNumber)),
            OnRetry = arguments =>
            {
                _log.AttemptFailed(arguments.AttemptNumber + 1, Address.ToString(), arguments.RetryDelay, arguments.Outcome.Exception);
                return default;
            },
        }).Build();
        ClientId = options.ClientId ?? "broker-client-" + Guid.NewGuid().ToString("N");
    }

    /// <summary>The client identifier; the broker may change it with the first connection.</summary>
    public string ClientId { get; private set; }

    private BrokerAddress Address => _addresses[(int)((uint)_attempts % (uint)_addresses.Count)];

    /// <summary>The bound of a wait.</summary>
    public static TimeSpan Bound(ReconnectOptions options, int round) =>
        TimeSpan.FromTicks((long)Math.Min(options.MaxDelay.Ticks, options.FirstDelay.Ticks * Math.Pow(2, Math.Min(round, 40))));

    /// <summary>Tries every address once.</summary>
    /// <exception cref="BrokerClientException">None took it.</exception>
    public async Task<BrokerConnection> ConnectOnceAsync(CancellationToken cancellationToken)
    {
        for (int i = 1; ; i++)
        {
            try
            {
                return await AttemptAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (BrokerClientException exception) when (exception.IsTransient && i < _addresses.Count)
            {
                _log.AttemptFailed(i, Address.ToString(), TimeSpan.Zero, exception);
            }
        }
    }

    /// <summary>Runs until it is cancelled or refused for good.</summary>
    /// <param name="first">A connection that is there; null: it makes one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(BrokerConnection? first, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                BrokerConnection connection = first ?? await _retry.ExecuteAsync(async token => await AttemptAsync(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                first = null;
                BrokerClientException? cause = await LiveAsync(connection, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (cause is { IsTransient: false }) throw cause;
                if (cause is not null) _log.ConnectionLost(Address.ToString(), cause);
                _report(ConnectionState.Connecting, false, cause);
                await Task.Delay(Delay(0), _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _gate.Close(new BrokerClientException(BrokerClientError.Closed, "The client was stopped"));
            _report(ConnectionState.Disconnected, false, null);
        }
        catch (BrokerClientException exception)
        {
            _log.Refused(exception);
            _gate.Close(exception);
            _session.Outbox.Close(exception, forGood: false);
            _report(ConnectionState.Failed, false, exception);
        }
    }

    private TimeSpan Delay(int attempt) =>
        Bound(_options.Reconnect, (attempt / _addresses.Count) + _shortLived) * Random.Shared.NextDouble(); // full jitter

    private async Task<BrokerClientException?> LiveAsync(BrokerConnection connection, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        bool sessionPresent = connection.Features.SessionPresent;
        _log.Connected(Address.ToString(), ClientId, sessionPresent);
        _isFirst = false;
        _session.Inbox.Connected(connection, sessionPresent);
        _session.Subscriptions.Connected(connection, sessionPresent);
        _session.Outbox.Connected(sessionPresent, connection.Features.ReceiveMaximum);
        _gate.Open(connection);
        _metrics.Connected();
        _report(ConnectionState.Connected, sessionPresent, null);
        BrokerClientException? cause = await connection.RunAsync(cancellationToken).ConfigureAwait(false);
        _gate.Close(null);
        _session.Inbox.Disconnected();
        _shortLived = _time.GetElapsedTime(start) >= _steady ? 0 : _shortLived + 1;
        return cause;
    }

    private async Task<BrokerConnection> AttemptAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        _attempts++;
        try
        {
            return await OpenAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (BrokerClientException)
        {
            _metrics.AttemptFailed();
            throw;
        }
        catch (OperationCanceledException exception)
        {
            _metrics.AttemptFailed();
            throw new BrokerClientException(BrokerClientError.ConnectionLost, $"{Address} did not answer within {_options.ConnectTimeout}", isTransient: true, innerException: exception);
        }
        catch (Exception exception)
        {
            _metrics.AttemptFailed(); // sockets, TLS, names, the credentials' source: all may be better the next time
            throw new BrokerClientException(BrokerClientError.ConnectionLost, $"{Address} cannot be reached: {Describe(exception)}", isTransient: true, innerException: exception);
        }
    }

    // The outer one often says no more than that something failed: of a WebSocket, that it could not connect.
    private static string Describe(Exception exception)
    {
        Exception cause = exception.GetBaseException();
        return cause == exception ? exception.Message : $"{exception.Message} ({cause.Message})";
    }

    private async Task<BrokerConnection> OpenAsync(CancellationToken cancellationToken)
    {
        BrokerCredentials? credentials = _options.Credentials is { } source
            ? await source(cancellationToken).ConfigureAwait(false)
            : _options.UserName is { } name ? new BrokerCredentials(name, _options.Password) : null;
        var stream = new PacketStream(await Transport.OpenAsync(Address, _options.Tls, cancellationToken).ConfigureAwait(false), _options.MaxPacketBytes);
        try
        {
            stream.Append(ConnectPacket(credentials));
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            return await stream.ReadAsync(cancellationToken).ConfigureAwait(false) switch
            {
                MqttConnAckPacket { ReasonCode: MqttConnectReasonCode.Success } answer => Accepted(stream, answer),
                MqttConnAckPacket refusal => throw Refusal((byte)refusal.ReasonCode, refusal.ReasonString),
                MqttDisconnectPacket end => throw Refusal((byte)end.ReasonCode, end.ReasonString),
                null => throw new BrokerClientException(BrokerClientError.ConnectionLost, $"{Address} closed the connection before it answered; does it speak MQTT 5?", isTransient: true),
                var other => throw new BrokerClientException(BrokerClientError.ConnectionLost, $"{Address} answered CONNECT with {other.GetType().Name}", isTransient: true),
            };
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private BrokerConnection Accepted(PacketStream stream, MqttConnAckPacket answer)
    {
        BrokerFeatures features = BrokerFeatures.From(answer);
        if (features.ClientId is { } assigned) ClientId = assigned;
        return new BrokerConnection(stream, features, _session, features.KeepAlive ?? _options.KeepAlive, _time, _metrics);
    }

    private BrokerClientException Refusal(byte reason, string? text) => new(
        BrokerClientError.ConnectionRefused, $"{Address} refused {ClientId}: {ReasonCodes.Describe(reason, text)}", ReasonCodes.MayReconnect(reason), reason);

    private MqttConnectPacket ConnectPacket(BrokerCredentials? credentials)
    {
        var packet = new MqttConnectPacket
        {
            ClientId = ClientId,
            CleanSession = _isFirst && _options.ClientId is null,
            KeepAlivePeriod = (ushort)Math.Clamp(Math.Ceiling(_options.KeepAlive.TotalSeconds), 1, ushort.MaxValue),
            SessionExpiryInterval = (uint)Math.Min(_options.SessionExpiry.TotalSeconds, uint.MaxValue),
            ReceiveMaximum = (ushort)_options.ReceiveMaximum,
            MaximumPacketSize = (uint)_options.MaxPacketBytes,
            RequestProblemInformation = true,
            Username = credentials?.UserName,
            Password = credentials?.Password is { } password ? Encoding.UTF8.GetBytes(password) : null,
        };
        if (_options.Will is not { } will) return packet;
        packet.WillFlag = true;
        packet.WillTopic = will.Message.Topic;
        packet.WillMessage = will.Message.Payload.ToArray();
        packet.WillQoS = (MqttQualityOfServiceLevel)will.Message.Options.Qos;
        packet.WillRetain = will.Message.Options.Retain;
        packet.WillContentType = will.Message.Options.ContentType;
        packet.WillDelayInterval = (uint)Math.Min(will.Delay.TotalSeconds, uint.MaxValue);
        packet.WillMessageExpiryInterval = will.Message.Options.Expiry is { } expiry ? PublishPackets.Seconds(expiry) : 0;
        return packet;
    }
}
