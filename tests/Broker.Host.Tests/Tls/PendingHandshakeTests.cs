using Broker.Host.Endpoints;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests.Tls;

public sealed class PendingHandshakeTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new();
    private readonly Connection _connection = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_is_not_over_in_time_is_cut_off_with_a_place_and_without(bool hasPlace)
    {
        using var handshake = new PendingHandshake(_connection, _patience, _time);
        if (hasPlace) handshake.Place = await new HandshakeGate(2).EnterAsync(null, _patience);

        _time.Advance(_patience - TimeSpan.FromMilliseconds(1));
        Assert.False(_connection.IsAborted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(_connection.IsAborted);
    }

    [Fact]
    public async Task One_that_is_over_gives_its_place_back_and_has_all_the_time_there_is()
    {
        var gate = new HandshakeGate(2);
        using var handshake = new PendingHandshake(_connection, _patience, _time) { Place = await gate.EnterAsync(null, _patience) };
        Assert.Equal(1, gate.Count);

        handshake.Dispose();
        _time.Advance(2 * _patience);

        Assert.Equal(0, gate.Count);
        Assert.False(_connection.IsAborted);
    }

    private sealed class Connection : DefaultConnectionContext
    {
        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
