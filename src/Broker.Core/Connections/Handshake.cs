using System.Text;
using System.Text.Unicode;
using Broker.Core.Limits;
using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Security;
using Broker.Core.Sessions;
using Broker.Core.Telemetry;
using Broker.Core.Topics;

namespace Broker.Core.Connections;

/// <summary>From CONNECT to CONNACK: check it, find out who it is, give it its session.</summary>
/// <remarks>
/// Threading: one step at a time; while an authenticator thinks, the connection reads nothing. Owner: the connection, until
/// CONNACK.
/// </remarks>
internal sealed class Handshake : IDisposable
{
    private readonly ClientConnection _connection;
    private readonly BrokerContext _broker;
    private readonly ConnectRequest _request;
    private readonly CancellationTokenSource _gone = new();
    private IAuthenticationExchange? _exchange;
    private Task _running = Task.CompletedTask;
    private Message? _will;
    private int _rounds;

    private Handshake(ClientConnection connection, ConnectRequest request, Message? will)
    {
        _connection = connection;
        _broker = connection.Broker;
        _request = request;
        _will = will;
    }

    /// <summary>The client identifier that the client gave, or was assigned.</summary>
    public string ClientId => _request.ClientId;

    /// <summary>Takes the CONNECT.</summary>
    /// <exception cref="ProtocolViolationException">It breaks the protocol or a bound; CONNACK says so where the version can.</exception>
    public static void Begin(ClientConnection connection, in Frame frame, WakeBatch batch)
    {
        connection.Facts = ClientFacts.Of(ConnectPacket.PeekVersion(frame) ?? UnknownVersion(frame));

        ConnectPacket packet = ConnectPacket.Read(frame);
        connection.Facts = ClientFacts.Of(
            packet.Version,
            sendsReasons: packet.Version == ProtocolVersion.V5 && packet.RequestProblemInformation,
            packet.MaximumPacketSize,
            packet.HasAuthenticationMethod ? Encoding.UTF8.GetString(packet.AuthenticationMethod) : null);
        if (connection.Budget?.Denial is { } denial and not ReasonCode.Success)
        {
            connection.Refuse(packet.Version, denial, Admission.TextOf(denial));
            return;
        }

        Check(connection, packet);
        var handshake = new Handshake(connection, ConnectRequest.From(packet, connection.Broker), CreateWill(connection, packet));
        connection.Handshake = handshake;
        handshake.Authenticate(packet.AuthenticationData.ToArray(), batch);
    }

    /// <summary>The client sent the AUTH that the exchange waits for.</summary>
    public void Continue(in AuthPacket packet)
    {
        bool fits = packet.ReasonCode == ReasonCode.ContinueAuthentication
            && packet.HasMethod && Encoding.UTF8.GetString(packet.Method) == _connection.Facts.AuthenticationMethod;
        if (!fits) ProtocolViolationException.Protocol("AUTH does not continue the exchange that CONNECT began"); // [MQTT-4.12.0-5]
        WakeBatch batch = WakeBatch.Rent();
        try
        {
            Step(packet.Data.ToArray(), batch);
        }
        finally
        {
            batch.WakeAndReturn();
        }
    }

    /// <summary>The connection is gone, or the handshake is over: nobody waits any longer.</summary>
    public void Dispose()
    {
        _gone.Cancel(); // it has no timer, so cancelling is all there is to dispose
        Interlocked.Exchange(ref _will, null)?.Release();
    }

    private static ProtocolVersion UnknownVersion(in Frame frame)
    {
        // A level that we do not know: a later MQTT can read the answer of 5, an earlier one that of 3.1.1. Bridges set the
        // highest bit of the level, and ask again without it if they can read the answer.
        ReadOnlySpan<byte> name = "\0\u0004MQTT"u8;
        if (!frame.Body.StartsWith(name)) return 0;
        return frame.Body.Length > name.Length && (frame.Body[name.Length] & 0x7F) >= (byte)ProtocolVersion.V5 ? ProtocolVersion.V5 : ProtocolVersion.V311;
    }

    private static void Check(ClientConnection connection, in ConnectPacket packet)
    {
        BrokerLimits limits = connection.Limits;
        if (packet.ClientId.Length > limits.ClientIdBytes)
        {
            ProtocolViolationException.Throw(ReasonCode.ClientIdentifierNotValid, $"The client identifier is longer than {limits.ClientIdBytes} bytes");
        }

        bool needsId = packet.Version == ProtocolVersion.V31 || (packet.Version == ProtocolVersion.V311 && !packet.CleanStart);
        if (packet.ClientId.IsEmpty && needsId)
        {
            ProtocolViolationException.Throw(ReasonCode.ClientIdentifierNotValid, "A session that is kept needs a client identifier"); // 3.1.1 [MQTT-3.1.3-8]
        }

        if (packet.UserPropertyCount > limits.UserProperties)
        {
            ProtocolViolationException.Throw(ReasonCode.QuotaExceeded, $"One packet may have {limits.UserProperties} user properties");
        }

        if (!packet.HasWill) return;
        bool topicFits = TopicName.Check(packet.WillTopic, limits.TopicBytes, limits.TopicLevels) == TopicFault.None;
        if (!topicFits) ProtocolViolationException.Throw(ReasonCode.TopicNameInvalid, "The will topic is too long or has too many levels");
        if (ReservedTopics.Contains(packet.WillTopic)) ProtocolViolationException.Throw(ReasonCode.NotAuthorized, "The will topic is reserved for the broker");
        if (packet.WillPayloadIsUtf8 && connection.Info.ValidatePayloadFormat && !Utf8.IsValid(packet.WillPayload))
        {
            ProtocolViolationException.Throw(ReasonCode.PayloadFormatInvalid, "The will payload claims to be UTF-8 text and is not");
        }
    }

    private static Message? CreateWill(ClientConnection connection, in ConnectPacket packet)
    {
        if (!packet.HasWill) return null;
        var publication = new Publication
        {
            Topic = packet.WillTopic,
            Payload = packet.WillPayload,
            Properties = packet.WillForwarded,
            Qos = packet.WillQos,
            Retain = packet.WillRetain,
            Publisher = PublisherIdentity.Broker, // the owner is known only after authentication; Wills publishes in its name
        };
        return connection.Broker.Messages.Create(publication, connection.Broker.Clock.Now);
    }

    private void Authenticate(byte[] data, WakeBatch batch)
    {
        if (_connection.Facts.AuthenticationMethod is not { } method)
        {
            Await(Ask(), batch);
            return;
        }

        IEnhancedAuthenticator? authenticator = EnhancedAuthentication.Find(_broker, method);
        if (authenticator is null)
        {
            Refuse(ReasonCode.BadAuthenticationMethod, "This authentication method is not offered here"); // [MQTT-4.12.0-1]
            return;
        }

        _exchange = authenticator.Begin(_connection.Info, _request.GivenClientId);
        Step(data, batch);
    }

    private async ValueTask<AuthenticationStep> Ask()
    {
        var request = new AuthenticationRequest(_connection.Info, _request.GivenClientId, _request.UserName, _request.Password);
        return new AuthenticationStep(await _broker.Authenticator.AuthenticateAsync(request, _gone.Token), default);
    }

    private void Step(byte[] data, WakeBatch batch)
    {
        // The first step is CONNECT's own; the others took an AUTH packet each.
        if (_rounds++ > _connection.Limits.AuthenticationRounds) Refuse(ReasonCode.BadAuthenticationMethod, "The exchange took too many rounds");
        else Await(Next(data), batch);
    }

    private async ValueTask<AuthenticationStep> Next(byte[] data) =>
        await _exchange!.ContinueAsync(data, _gone.Token); // set before the first step; what it throws at once ends in the task, too

    private void Await(ValueTask<AuthenticationStep> step, WakeBatch batch)
    {
        if (step.IsCompletedSuccessfully)
        {
            Decide(step.Result, batch);
        }
        else
        {
            _connection.MoveTo(Phase.Authenticating);
            _running = FinishAsync(step);
        }
    }

    private async Task FinishAsync(ValueTask<AuthenticationStep> step)
    {
        AuthenticationStep result;
        try
        {
            result = await step;
        }
#pragma warning disable CA1031 // a plug-in's fault is a refusal, whatever it is
        catch (Exception fault)
#pragma warning restore CA1031
        {
            if (!_gone.IsCancellationRequested) EnhancedAuthentication.Failed(_connection, fault);
            result = EnhancedAuthentication.Unavailable;
        }

        WakeBatch batch = WakeBatch.Rent();
        try
        {
            Decide(result, batch);
        }
#pragma warning disable CA1031 // nobody awaits this; the client must not be left waiting because of a fault of ours
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _broker.Logger.InternalError(fault, _connection.Info, _request.ClientId);
            _connection.Close(CloseReason.InternalError, "The broker failed to handle a packet");
        }
        finally
        {
            batch.WakeAndReturn();
        }

        _connection.Resume();
    }

    private void Decide(AuthenticationStep step, WakeBatch batch)
    {
        if (_connection.Phase >= Phase.Closing)
        {
            Dispose(); // the client did not wait: nobody may lose a session to a connection that is gone
        }
        else if (step.Result is not { } result)
        {
            EnhancedAuthentication.Send(_connection, ReasonCode.ContinueAuthentication, step.Data.Span); // [MQTT-4.12.0-2]
            _connection.MoveTo(Phase.AwaitingAuth);
            _connection.MarkWaiting(batch);
        }
        else if (result.Principal is null)
        {
            bool isRefusal = result.ReasonCode >= ReasonCode.UnspecifiedError; // a result that nobody filled in says success
            Refuse(isRefusal ? result.ReasonCode : ReasonCode.NotAuthorized, result.Reason); // [MQTT-4.12.0-4]
        }
        else if (result.ValidUntil <= _broker.Clock.UtcNow)
        {
            Refuse(ReasonCode.NotAuthorized, "What this client authenticated with has expired");
        }
        else
        {
            Complete(result.Principal, step.Data.Span, batch);
            _connection.HoldsUntil(result.ValidUntil);
        }
    }

    private void Complete(Principal principal, ReadOnlySpan<byte> authenticationData, WakeBatch batch)
    {
        if (Admission.TryAdmit(_connection, _request, principal, out AccessSubject subject, out PublisherIdentity identity) is { } refusal)
        {
            Refuse(refusal.ReasonCode, refusal.Text);
            return;
        }

        if (_will is { } wanted && subject.Tenant is { } tenant && !MountedTopic.Fits(tenant, wanted.Topic))
        {
            Refuse(ReasonCode.TopicNameInvalid, "The will topic is too long or has too many levels");
            return;
        }

        Message? will = Admission.Mount(_broker, Interlocked.Exchange(ref _will, null), subject.Tenant, identity);
        if (will is not null && !MayLeave(subject, will))
        {
            will.Release();
            Refuse(ReasonCode.NotAuthorized, "This client has no right to leave this will");
            return;
        }

        if (!_connection.Facts.Takes(_request.Answer(_connection.Facts, _connection.Limits, isPresent: false, authenticationData).Size))
        {
            will?.Release();
            Refuse(ReasonCode.PacketTooLarge, "CONNACK is larger than this client takes"); // [MQTT-3.1.2-24]
            return;
        }

        _connection.Writer = PublishWriter.For(_connection.Facts.Version, _connection.Facts.MaximumPacketSize, _request.OutgoingAliases, subject.Tenant);
        Will? left = will is null
            ? null
            : new Will(will, _request.WillMessageExpiry, identity, subject, _request.WillDelay, _broker.Wills.PublishDue);
        var attach = new AttachRequest(identity, subject, _request.CleanStart, _request.SessionExpiry, _request.Window, left);
        AttachResult attached = _broker.Lifecycle.Connect(attach, _connection, batch);
        if (attached.Session is not { } session)
        {
            will?.Release();
            Refuse(Admission.ReasonOf(attached.Outcome), Admission.TextOf(attached.Outcome));
            return;
        }

        _broker.Audit.Connected(subject, tookOver: attached.Displaced is not null);
        _connection.Handshake = null; // it is over, and an idle connection keeps nothing that it does not need
        if (_broker.Store.IsCommitted(attached.Commit))
        {
            ConnAck connAck = _request.Answer(_connection.Facts, _connection.Limits, attached.IsPresent, authenticationData);
            Welcome.Accept(_connection, session, connAck, _request, attached.IsPresent, batch);
        }
        else
        {
            _connection.MoveTo(Phase.Authenticating); // reading goes on after CONNACK
            _broker.Store.WhenCommitted(attached.Commit, new PendingAccept(_connection, _request, attached, authenticationData.ToArray()));
        }
    }

    private bool MayLeave(AccessSubject subject, Message will)
    {
        var request = new AccessRequest { Subject = subject, Action = AccessAction.Will, Topic = will.Topic, Qos = will.Qos, Retain = will.Retain };
        return _broker.Authorizer.IsAllowed(request);
    }

    private void Refuse(ReasonCode reasonCode, string? text)
    {
        Dispose();
        _connection.Refuse(_connection.Facts.Version, reasonCode, text);
    }
}
