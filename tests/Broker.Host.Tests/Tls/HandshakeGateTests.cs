using System.Net;
using Broker.Host.Endpoints;

namespace Broker.Host.Tests.Tls;

public sealed class HandshakeGateTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_address_gets_half_of_the_places_and_the_others_the_rest()
    {
        var gate = new HandshakeGate(4);
        IDisposable[] greedy = [await EnterAsync(gate, 1), await EnterAsync(gate, 1)];

        Assert.Null(await gate.EnterAsync(At(1), TimeSpan.FromMilliseconds(1)));
        using IDisposable other = await EnterAsync(gate, 2);
        Assert.Equal(3, gate.Count);
        greedy[0].Dispose();
        greedy[0].Dispose(); // twice is once
        Assert.Equal(2, gate.Count);
        using IDisposable again = await EnterAsync(gate, 1);
        greedy[1].Dispose();
    }

    [Fact]
    public async Task Who_finds_no_place_waits_for_one()
    {
        var gate = new HandshakeGate(2);
        IDisposable first = await EnterAsync(gate, 1);
        using IDisposable second = await EnterAsync(gate, 2);
        ValueTask<IDisposable?> waiting = gate.EnterAsync(At(3), _patience);
        Assert.False(waiting.IsCompleted);

        first.Dispose();

        using IDisposable? third = await waiting;
        Assert.NotNull(third);
        Assert.Equal(2, gate.Count);
    }

    [Fact]
    public async Task Nothing_is_left_of_those_who_are_gone()
    {
        var gate = new HandshakeGate(2);
        using (await EnterAsync(gate, 1))
        {
            Assert.Null(await gate.EnterAsync(At(1), TimeSpan.FromMilliseconds(1)));
            using IDisposable other = await EnterAsync(gate, 2);
            Assert.Null(await gate.EnterAsync(At(3), TimeSpan.FromMilliseconds(1)));
        }

        Assert.Equal((0, 0), (gate.Count, gate.AddressCount));
    }

    private static IPEndPoint At(byte last) => new(new IPAddress([10, 0, 0, last]), 1);

    private static async Task<IDisposable> EnterAsync(HandshakeGate gate, byte last)
    {
        IDisposable? place = await gate.EnterAsync(At(last), _patience);
        Assert.NotNull(place);
        return place;
    }
}
