using System.Text;
using Broker.Host.Security;

namespace Broker.Host.Tests.Security;

/// <summary>A password kept as it is, whose check waits for the test.</summary>
internal sealed class FakeHash(string password) : PasswordHash
{
    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private int _checks;

    public override string Description => "fake";

    public override bool IsWeak => false;

    public int Checks => Volatile.Read(ref _checks);

    public Exception? Fault { get; set; }

    public void Hold() => _gate.Reset();

    public void Release() => _gate.Set();

    public override bool Verify(ReadOnlySpan<byte> shown)
    {
        Interlocked.Increment(ref _checks);
        Assert.True(_gate.Wait(TimeSpan.FromSeconds(30)));
        return Fault is null ? Encoding.UTF8.GetString(shown) == password : throw Fault;
    }
}
