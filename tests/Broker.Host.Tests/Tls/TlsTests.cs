using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Broker.Core.Protocol;
using Broker.Host.Tests.Harness;
using Broker.Testing.Wire;

namespace Broker.Host.Tests.Tls;

public sealed class TlsTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private string[] _encrypted = [];
    private RunningBroker _broker = null!; // InitializeAsync

    public async ValueTask InitializeAsync()
    {
        (string path, string key) = TestCertificates.WritePem(_folder);
        _encrypted =
        [
            "--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:Certificate:Path", path, "--Broker:Endpoints:Mqtt:Certificate:KeyPath", key,
            "--Broker:Endpoints:Http:Url", "https://127.0.0.1:0", "--Broker:Endpoints:Http:Certificate:Path", path, "--Broker:Endpoints:Http:Certificate:KeyPath", key,
        ];
        _broker = await RunningBroker.StartAsync(_encrypted);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Mqtt_goes_over_tls()
    {
        byte[] payload = new byte[500_000];
        new Random(1).NextBytes(payload);
        await using WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await client.SubscribeAsync("t");

        await client.PublishAsync("t", payload);

        Assert.Equal(payload, (await client.ExpectAsync<ServerPacket.Publish>()).Payload);
        await client.PingAsync();
    }

    [Fact]
    public async Task Web_sockets_and_http_go_over_tls()
    {
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = TestCertificates.IsTestCertificate;
        using var http = new HttpClient(handler);

        using HttpResponseMessage health = await http.GetAsync(_broker.Http("/healthz"), Eventually.Deadline());
        await using WireClient client = await WireClient.OpenWebSocketAsync(_broker.Address("Http"));
        await client.ConnectAsync(new() { ClientId = "wss" });

        Assert.True(health.IsSuccessStatusCode);
        await client.PingAsync();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Tls_1_2_and_1_3_are_spoken(SslProtocols protocol)
    {
        using SslStream stream = await HandshakeAsync(protocol);

        Assert.Equal(protocol, stream.SslProtocol);
    }

    [Fact]
    public async Task Older_versions_are_not()
    {
#pragma warning disable CA5397, SYSLIB0039 // that is what is shown
        await Assert.ThrowsAnyAsync<Exception>(() => HandshakeAsync(SslProtocols.Tls11));
#pragma warning restore CA5397, SYSLIB0039
    }

    [Fact]
    public async Task A_handshake_that_never_ends_is_cut_off_like_a_missing_connect()
    {
        await using RunningBroker hasty = await RunningBroker.StartAsync([.. _encrypted, "--Broker:Limits:ConnectTimeout", "00:00:02"]);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", hasty.Address("Mqtt").Port, Eventually.Deadline());
        await Eventually.Until("it is counted", async () => await hasty.ConnectionsAsync() == 1);

        int count = await client.GetStream().ReadAsync(new byte[1], Eventually.Deadline());

        Assert.Equal(0, count);
        await Eventually.Until("it is gone", async () => await hasty.ConnectionsAsync() == 0);
    }

    [Fact]
    public async Task Plain_bytes_on_an_encrypted_endpoint_are_ended()
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _broker.Address("Mqtt").Port, Eventually.Deadline());
        await client.GetStream().WriteAsync(ClientPackets.Connect(new()), Eventually.Deadline());

        await Eventually.Until("it is gone", async () => await _broker.ConnectionsAsync() == 0);
    }

    [Fact]
    public async Task A_violation_is_told_before_the_end()
    {
        await using WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"));

        await client.SendAsync([0x00, 0x00, .. new byte[100_000]]);

        Assert.Equal(ReasonCode.MalformedPacket, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_client_that_hangs_up_is_gone_and_its_will_is_published()
    {
        await using WireClient observer = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await observer.SubscribeAsync("will");
        WireClient client = await WireClient.ConnectAsync(_broker.Address("Mqtt"), new() { ClientId = "leaver", Will = new WillOptions("will", "gone"u8.ToArray()) });

        client.Socket.Dispose();

        Assert.Equal("gone", (await observer.ExpectAsync<ServerPacket.Publish>()).Text);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_that_pauses_gets_everything_in_order_when_it_goes_on()
    {
        await using WireClient subscriber = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        await subscriber.SubscribeAsync("t");
        await using WireClient publisher = await WireClient.ConnectAsync(_broker.Address("Mqtt"));
        for (int i = 0; i < 200; i++)
        {
            byte[] payload = new byte[100_000];
            BitConverter.TryWriteBytes(payload, i);
            await publisher.PublishAsync("t", payload);
        }

        await publisher.PingAsync();

        for (int i = 0; i < 200; i++) Assert.Equal(i, BitConverter.ToInt32((await subscriber.ExpectAsync<ServerPacket.Publish>()).Payload));
    }

    [Fact]
    public async Task A_pkcs12_file_does_as_well_and_an_expired_one_is_warned_about()
    {
        using X509Certificate2 expired = TestCertificates.Create(DateTimeOffset.UtcNow.AddDays(-1));
        string path = _folder.Write("expired.pfx", expired.Export(X509ContentType.Pkcs12, "secret"));
        await using BrokerProcess broker = await BrokerProcess.StartAsync(
            "--Broker:Endpoints:Mqtt:Url", "mqtts://127.0.0.1:0", "--Broker:Endpoints:Mqtt:Certificate:Path", path, "--Broker:Endpoints:Mqtt:Certificate:Password", "secret");

        await using WireClient client = await WireClient.ConnectAsync(broker.Address("Mqtt"));
        await client.PingAsync();

        await Eventually.Until("the warning", () => broker.Error.Contains("The certificate of endpoint Mqtt is not valid now", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_tells_encrypted_clients_too()
    {
        await using RunningBroker other = await RunningBroker.StartAsync(_encrypted);
        await using WireClient client = await WireClient.ConnectAsync(other.Address("Mqtt"));

        Task stopping = other.StopAsync();

        Assert.Equal(ReasonCode.ServerShuttingDown, (await client.ExpectAsync<ServerPacket.Disconnect>()).ReasonCode);
        await client.DisposeAsync();
        await stopping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private async Task<SslStream> HandshakeAsync(SslProtocols protocol)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", _broker.Address("Mqtt").Port, Eventually.Deadline());
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        SslClientAuthenticationOptions options = TestCertificates.ClientOptions();
        options.EnabledSslProtocols = protocol;
        await stream.AuthenticateAsClientAsync(options, Eventually.Deadline());
        return stream;
    }
}
