using System.Net;
using System.Net.Sockets;
using Broker.Host.Endpoints.Epoll;
using Broker.Host.Tests.Harness;
using Broker.Testing;
using Microsoft.Extensions.Logging;

namespace Broker.Host.Tests.Tcp;

public sealed class EpollLoopTests
{
    [Theory]
    [InlineData(nameof(LoopMember.OnEvents))]
    [InlineData(nameof(LoopMember.OnRequests))]
    [InlineData(nameof(LoopMember.Drain))]
    [InlineData(nameof(LoopMember.Continue))]
    [InlineData(nameof(LoopMember.End))]
    public async Task A_member_that_throws_goes_loudly_and_the_loop_lives(string where)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has epoll.");
        using var log = new RecordingLoggerFactory();
        using var loops = new EpollLoops(1, log.CreateLogger("loops"));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var peer = new TcpClient();
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Eventually.Deadline());
        using Socket broken = await listener.AcceptSocketAsync(Eventually.Deadline());
        using Socket sound = await listener.AcceptSocketAsync(ConnectAnother(listener));
        var faulty = new ThrowingMember(loops.Next(), broken, where);
        var healthy = new ThrowingMember(loops.Next(), sound, "");

        faulty.Post(LoopRequests.Watch);
        await peer.GetStream().WriteAsync(new byte[] { 1 }, Eventually.Deadline());
        await Eventually.Until("it failed", () => log.Entries.Any(entry => entry.Level == LogLevel.Error));
        healthy.Post(LoopRequests.Watch | LoopRequests.Drain);

        await Eventually.Until("the other one is served", () => healthy.Drained > 0);
        Assert.Equal(where == nameof(LoopMember.End) ? 0 : 1, faulty.Faults);
        Assert.Equal(0, healthy.Faults);
    }

    [Fact]
    public async Task No_request_is_lost_however_threads_race_the_loop_to_its_sleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has epoll.");
        const int Rounds = 20_000;
        using var log = new RecordingLoggerFactory();
        using var loops = new EpollLoops(2, log.CreateLogger("loops"));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        ThrowingMember[] members = [new(loops.Next(), socket, ""), new(loops.Next(), socket, "")];

        await Task.WhenAll(members.Select(member => Task.Run(
            () =>
            {
                var spin = default(SpinWait);
                for (int i = 0; i < Rounds; i++)
                {
                    int before = Volatile.Read(ref member.Drained);
                    member.Post(LoopRequests.Drain);
                    long since = Environment.TickCount64;
                    while (Volatile.Read(ref member.Drained) == before)
                    {
                        Assert.True(Environment.TickCount64 - since < Eventually.Patience.TotalMilliseconds, "The loop sleeps on");
                        spin.SpinOnce(sleep1Threshold: -1);
                    }
                }
            },
            TestContext.Current.CancellationToken)));

        Assert.All(members, member => Assert.Equal(Rounds, member.Drained));
    }

    private static CancellationToken ConnectAnother(TcpListener listener)
    {
        var another = new TcpClient();
        another.Connect((IPEndPoint)listener.LocalEndpoint);
        return Eventually.Deadline();
    }

    private sealed class ThrowingMember(EpollLoop loop, Socket socket, string where) : LoopMember(loop, (int)socket.SafeHandle.DangerousGetHandle())
    {
        public int Drained;
        private int _faults;

        public int Faults => Volatile.Read(ref _faults);

        public override void OnRequests(LoopRequests requests)
        {
            ThrowAt(nameof(OnRequests));
            if ((requests & LoopRequests.Watch) == 0) return;
            Loop.Watch(this, EpollEvents.Readable | EpollEvents.EdgeTriggered);
            Post(LoopRequests.Drain);
        }

        public override void OnEvents(EpollEvents events)
        {
            ThrowAt(nameof(OnEvents));
            Loop.ContinueLater(this);
            Loop.EndLater(this);
        }

        public override void Continue() => ThrowAt(nameof(Continue));

        public override void Drain()
        {
            ThrowAt(nameof(Drain));
            Interlocked.Increment(ref Drained);
        }

        public override void End() => ThrowAt(nameof(End));

        public override void Fault() => Interlocked.Increment(ref _faults);

        private void ThrowAt(string place)
        {
            if (place == where) throw new InvalidOperationException(place);
        }
    }
}
