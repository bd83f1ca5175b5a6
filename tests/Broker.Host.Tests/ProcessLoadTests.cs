using System.Net.Sockets;
using Broker.Host.Endpoints;
using Broker.Host.Endpoints.Epoll;
using Broker.Host.Tests.Harness;
using Broker.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Host.Tests;

public sealed class ProcessLoadTests : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLoop _loop = new();
    private readonly ProcessLoad _load;

    public ProcessLoadTests()
    {
        _load = new ProcessLoad(_time, () => 42);
        _load.Watch([_loop]);
    }

    public void Dispose() => _load.Dispose();

    [Fact]
    public void A_loop_that_gets_on_is_not_late()
    {
        for (int i = 0; i < 20; i++)
        {
            _loop.Turns++;
            _time.Advance(_interval);
        }

        Assert.Equal((42, TimeSpan.Zero), (_load.Read().MemoryBytes, _load.Read().Lag));
    }

    [Fact]
    public void A_loop_that_sleeps_is_not_late()
    {
        _loop.IsAsleep = true;
        for (int i = 0; i < 20; i++) _time.Advance(_interval);

        Assert.Equal(TimeSpan.Zero, _load.Read().Lag);
    }

    [Fact]
    public void A_loop_is_late_for_as_long_as_it_was_seen_in_one_turn_and_the_worst_is_told_once()
    {
        using var other = new ProcessLoad(_time);
        other.Watch([new FakeLoop { IsAsleep = true }, _loop]);
        for (int i = 0; i < 6; i++) _time.Advance(_interval);
        _loop.Turns++;
        for (int i = 0; i < 2; i++) _time.Advance(_interval);

        Assert.Equal(5 * _interval, other.Read().Lag);
        Assert.Equal(TimeSpan.Zero, other.Read().Lag);
    }

    [Fact]
    public void An_event_loop_that_is_held_up_shows()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has epoll.");
        using var log = new RecordingLoggerFactory();
        using var loops = new EpollLoops(2, log.CreateLogger("loops"));
        using var load = new ProcessLoad(_time);
        load.Watch(loops.All);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var member = new HoldingMember(loops.Next(), socket);
        Assert.True(SpinWait.SpinUntil(() => loops.All.All(loop => loop.IsAsleep), Eventually.Patience));

        member.Post(LoopRequests.Drain);
        member.Began.Wait(Eventually.Deadline());
        for (int i = 0; i < 4; i++) _time.Advance(_interval);
        Assert.Equal(3 * _interval, load.Read().Lag);

        member.Goes.Set();
        Assert.True(SpinWait.SpinUntil(() => loops.All.All(loop => loop.IsAsleep), Eventually.Patience));
        _time.Advance(_interval);
        Assert.Equal(TimeSpan.Zero, load.Read().Lag);
    }

    private sealed class FakeLoop : ILoopTurns
    {
        public long Turns { get; set; }

        public bool IsAsleep { get; set; }
    }

    private sealed class HoldingMember(EpollLoop loop, Socket socket) : LoopMember(loop, (int)socket.SafeHandle.DangerousGetHandle()), IDisposable
    {
        public ManualResetEventSlim Began { get; } = new();

        public ManualResetEventSlim Goes { get; } = new();

        public override void Drain()
        {
            Began.Set();
            Goes.Wait(Eventually.Patience);
        }

        public override void OnEvents(EpollEvents events)
        {
        }

        public override void OnRequests(LoopRequests requests)
        {
        }

        public override void Continue()
        {
        }

        public override void End()
        {
        }

        public override void Fault()
        {
        }

        public void Dispose()
        {
            Began.Dispose();
            Goes.Dispose();
        }
    }
}
