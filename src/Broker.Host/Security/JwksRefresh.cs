using System.Net.Http.Headers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Security;

/// <summary>
/// Reads the issuer's published keys: at the start, every now and then, and when a token names one that is not known. Where the
/// issuer cannot be reached, the keys that are known stay; where there are none yet, no token is taken.
/// </summary>
internal sealed class JwksRefresh(Uri url, TimeSpan interval, JwtKeyStore keys, TimeProvider time, ILogger<JwksRefresh> logger, HttpMessageHandler? handler = null) : BackgroundService
{
    private const int MostBytes = 1_048_576;

    // The issuer is asked this often at the most, whatever tokens say.
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _missed = new(0, 1);
    private string? _known;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = _patience, MaxResponseContentBufferSize = MostBytes };
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        keys.Missed = () =>
        {
            if (_missed.CurrentCount == 0) Signal();
        };
        while (!stoppingToken.IsCancellationRequested)
        {
            await RefreshAsync(http, stoppingToken);
            await Task.Delay(_pause, time, stoppingToken);
            if (keys.Current is not null) await WaitAsync(stoppingToken);
        }
    }

    private void Signal()
    {
        try
        {
            _missed.Release();
        }
        catch (SemaphoreFullException)
        {
            return; // somebody else missed one at the same moment
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(_missed.WaitAsync(end.Token), Task.Delay(interval - _pause, time, end.Token));
        await end.CancelAsync();
    }

    private async Task RefreshAsync(HttpClient http, CancellationToken stoppingToken)
    {
        try
        {
            string text = await http.GetStringAsync(url, stoppingToken);
            if (text == _known) return; // the same keys stay the same: logins that are remembered hold
            JwtKeys? read = JwtKeys.TryParse(text, allowsSecrets: false, out string? fault);
            if (read is null)
            {
                HostLog.KeysNotRead(logger, url, fault ?? "", Remaining);
                return;
            }

            _known = text;
            keys.Current = read;
            HostLog.KeysRead(logger, url, read.Keys.Count);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !stoppingToken.IsCancellationRequested)
        {
            HostLog.KeysNotRead(logger, url, e.Message, Remaining);
        }
    }

    private string Remaining => keys.Current is null ? "no token is taken" : "the keys that are known stay";
}
