using System.Globalization;
using System.Text;
using Broker.Core.Protocol;
using Broker.Testing.Wire;

namespace Broker.Crash;

/// <summary>Connects with a new will each time, and goes without a word: by itself, or because the broker does.</summary>
internal sealed class CrashWill(int seed, int port, History history) : CrashClient("will", port, history)
{
    private readonly Random _random = new(seed);
    private long _number;
    private volatile bool _isCalm;

    /// <summary>Stays connected from now on.</summary>
    public void CalmDown() => _isCalm = true;

    protected override WillOptions? Will
    {
        get
        {
            History.WillLeft(++_number); // the broker may have it although CONNACK does not arrive
            return new WillOptions("w", Encoding.UTF8.GetBytes(_number.ToString(CultureInfo.InvariantCulture))) { Qos = QualityOfService.ExactlyOnce };
        }
    }

    protected override void Live(Link link, bool isPresent)
    {
        while (!IsStopping)
        {
            link.Receive(TimeSpan.FromMilliseconds(50));
            if (!_isCalm && _random.Next(3) == 0) throw new IOException("leaves without a word");
        }
    }

    protected override void Lost() => History.WillDue(_number);
}
