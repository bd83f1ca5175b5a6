using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Broker.Host.Tests.Harness;
using Broker.Host.Tests.Security;
using MQTTnet;
using MQTTnet.Formatter;

namespace Broker.Host.Tests.Interop;

/// <summary>Programs and libraries of others say who they are: mosquitto_pub, curl, MQTTnet.</summary>
public sealed class LoginInteropTests : LoginCase
{
    [Fact]
    public async Task Mosquittos_client_with_a_password()
    {
        OtherClient.RequireProgram("mosquitto_pub");

        Assert.Equal(0, await MosquittoAsync("Mqtt", "-u", "alice", "-P", "wonderland"));
        Assert.NotEqual(0, await MosquittoAsync("Mqtt", "-u", "alice", "-P", "builder"));
        Assert.NotEqual(0, await MosquittoAsync("Mqtt", "-u", "alice"));
        Assert.NotEqual(0, await MosquittoAsync("Mqtt"));
        Assert.Equal(0, await MosquittoAsync("Mqtt", "-u", "jwt", "-P", Token("device-1")));
    }

    [Fact]
    public async Task Mosquittos_client_with_a_certificate()
    {
        OtherClient.RequireProgram("mosquitto_pub");
        string[] trust = ["--cafile", Path.Combine(Folder.Path, "server.pem")];
        using X509Certificate2 certificate = Authority.Issue();
        using var stranger = new TestAuthority("stranger");
        using X509Certificate2 other = stranger.Issue();
        (string path, string key) = TestAuthority.Write(Folder, certificate, "device");
        (string otherPath, string otherKey) = TestAuthority.Write(Folder, other, "other");

        Assert.Equal(0, await MosquittoAsync("Mqtts", [.. trust, "--cert", path, "--key", key]));
        Assert.NotEqual(0, await MosquittoAsync("Mqtts", [.. trust, "--cert", otherPath, "--key", otherKey]));
        Assert.NotEqual(0, await MosquittoAsync("Mqtts", trust));
        Assert.Equal(0, await MosquittoAsync("Mqtts", [.. trust, "-u", "bob", "-P", "builder"]));
    }

    [Fact]
    public async Task Curl_with_a_password_a_token_and_a_certificate()
    {
        OtherClient.RequireProgram("curl");
        using X509Certificate2 certificate = Authority.Issue();
        (string path, string key) = TestAuthority.Write(Folder, certificate, "device");
        string url = Broker.Http("/topics/t?retain=true").ToString();
        string secure = new Uri(Broker.Address("Https"), "/topics/t?retain=true").ToString();

        Assert.Equal("204", await CurlAsync("-u", "alice:wonderland", url));
        Assert.Equal("401", await CurlAsync("-u", "alice:builder", url));
        Assert.Equal("401", await CurlAsync(url));
        Assert.Equal("204", await CurlAsync("-H", $"Authorization: Bearer {Token("device-1")}", url));
        Assert.Equal("204", await CurlAsync("--cacert", Path.Combine(Folder.Path, "server.pem"), "--cert", path, "--key", key, secure));
        Assert.Equal("401", await CurlAsync("--cacert", Path.Combine(Folder.Path, "server.pem"), secure));
    }

    [Fact]
    public async Task Mqttnet_with_scram_and_with_a_password()
    {
        var factory = new MqttClientFactory();
        using IMqttClient client = factory.CreateMqttClient();
        MqttClientOptionsBuilder Options() => new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Broker.Address("Mqtt").Port).WithProtocolVersion(MqttProtocolVersion.V500);

        MqttClientConnectResult result = await client.ConnectAsync(
            Options().WithEnhancedAuthentication("SCRAM-SHA-256", Encoding.UTF8.GetBytes(Scram.Begin)).WithEnhancedAuthenticationHandler(new Scram("wonderland")).Build(), Eventually.Deadline());

        Assert.Equal(MqttClientConnectResultCode.Success, result.ResultCode);
        Assert.StartsWith("v=", Encoding.UTF8.GetString(result.AuthenticationData), StringComparison.Ordinal);
        await client.DisconnectAsync(new MqttClientDisconnectOptions(), Eventually.Deadline());
        Assert.Equal(MqttClientConnectResultCode.Success, (await client.ConnectAsync(Options().WithCredentials("alice", "wonderland").Build(), Eventually.Deadline())).ResultCode);
    }

    [Fact]
    public async Task Mqttnet_with_a_token()
    {
        MqttClientOptionsBuilder Options() => new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Broker.Address("Mqtt").Port).WithProtocolVersion(MqttProtocolVersion.V500);

        Assert.Equal(MqttClientConnectResultCode.Success, await MqttNetAsync(Options().WithCredentials("jwt", Token("device-1"))));
        Assert.NotEqual(MqttClientConnectResultCode.Success, await MqttNetAsync(Options().WithCredentials("jwt", Token("device-1")[..^4])));
        Assert.Equal(MqttClientConnectResultCode.Success, await MqttNetAsync(Options().WithEnhancedAuthentication("JWT", Encoding.UTF8.GetBytes(Token("device-1")))));
    }

    [Fact]
    public async Task Mqttnet_over_tls_with_a_certificate_and_without()
    {
        using X509Certificate2 certificate = Authority.Issue();
        using var stranger = new TestAuthority("stranger");
        using X509Certificate2 other = stranger.Issue();
        MqttClientOptionsBuilder Options(params X509Certificate2[] shown) => new MqttClientOptionsBuilder()
            .WithTcpServer("127.0.0.1", Broker.Address("Mqtts").Port)
            .WithTlsOptions(tls => tls.WithClientCertificates(shown).WithCertificateValidationHandler(server => TestCertificates.IsTestCertificate(this, server.Certificate, server.Chain, server.SslPolicyErrors)));

        Assert.Equal(MqttClientConnectResultCode.Success, await MqttNetAsync(Options(certificate)));
        Assert.Equal(MqttClientConnectResultCode.Success, await MqttNetAsync(Options().WithCredentials("bob", "builder")));
        Assert.NotEqual(MqttClientConnectResultCode.Success, await MqttNetAsync(Options()));
        Assert.NotEqual(MqttClientConnectResultCode.Success, await MqttNetAsync(Options(other)));
    }

    private static async Task<MqttClientConnectResultCode> MqttNetAsync(MqttClientOptionsBuilder options)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        try
        {
            return (await client.ConnectAsync(options.Build(), Eventually.Deadline())).ResultCode;
        }
        catch (MQTTnet.Exceptions.MqttCommunicationException)
        {
            return MqttClientConnectResultCode.UnspecifiedError; // refused, or TLS ended it before MQTT began
        }
    }

    private async Task<int> MosquittoAsync(string endpoint, params string[] arguments)
    {
        string port = Broker.Address(endpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using OtherProcess process = OtherClient.Start("mosquitto_pub", ["-h", "127.0.0.1", "-p", port, "-t", "t", "-m", "1", "-q", "1", .. arguments]);
        return await process.EndAsync();
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        await using OtherProcess process = OtherClient.Start("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}\n", "-X", "PUT", "--data-binary", "1", .. arguments]);
        await process.SucceedAsync();
        await Eventually.Until("curl's word", () => process.Output.Length > 0);
        return process.Output.Trim();
    }

    private sealed class Scram(string password) : IMqttEnhancedAuthenticationHandler
    {
        public const string Begin = "n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL";

        public async Task HandleEnhancedAuthenticationAsync(MqttEnhancedAuthenticationEventArgs eventArgs)
        {
            string end = ScramTests.Final(Begin, Encoding.UTF8.GetString(eventArgs.AuthenticationData), password);
            await eventArgs.SendAsync(new SendMqttEnhancedAuthenticationDataOptions { Data = Encoding.UTF8.GetBytes(end) }, Eventually.Deadline());
        }
    }
}
