using Broker.Core.Messages;
using Broker.Core.Protocol;
using Broker.Core.Sessions;
using Broker.Core.Tests.Messages;
using CsCheck;
using Xunit;

namespace Broker.Core.Tests.Sessions;

public sealed class InflightWindowTests
{
    private readonly TestMessages _messages = new();
    private readonly InflightWindow _window = new();

    [Fact]
    public void Identifiers_begin_at_1_and_wrap_around_those_in_use()
    {
        Assert.Equal(1, Add());
        Assert.Equal(2, Add());
        ushort last = 2;
        bool wrapped = false;
        for (int i = 0; i < 100_000; i++)
        {
            ushort id = Add();
            Assert.False(id is 0 or 1 or 2);
            wrapped |= id < last;
            last = id;
            _window.Remove(id);
        }

        Assert.True(wrapped);
        Assert.Equal(2, _window.Count);
    }

    [Fact]
    public void A_message_that_is_never_acknowledged_does_not_make_the_window_grow_with_those_that_are()
    {
        Add();
        Message acknowledged = _messages.Create("x");
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100_000; i++)
        {
            acknowledged.AddReference();
            _window.Remove(_window.Add(new Delivery(acknowledged, QualityOfService.AtLeastOnce, false)));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000); // a place for each identifier would be 4 MB
    }

    [Fact]
    public void Identifiers_of_an_earlier_run_are_taken_up_whatever_they_are()
    {
        ushort[] ids = [7, 65_535, 8, 32_775, 1, 16_391]; // most of them end in the same bits
        foreach (ushort id in ids) _window.Restore(new Delivery(_messages.Create("x"), QualityOfService.ExactlyOnce, false), id, InflightWindow.Stage.Published);

        _window.BeginResend();
        List<ushort> again = [];
        while (_window.TryResendNext(int.MaxValue, out ushort id, out _, out _)) again.Add(id);

        Assert.Equal(ids, again);
        Assert.DoesNotContain(Add(), ids);
        foreach (ushort id in ids) _window.Remove(id);
        Assert.Equal(1, _window.Count);
    }

    [Fact]
    public void All_identifiers_can_be_in_use_at_once()
    {
        HashSet<ushort> ids = [];
        for (int i = 0; i < 65_535; i++) Assert.True(ids.Add(Add()));
        _window.Remove(777);

        Assert.Equal(777, Add());
        _window.Clear();
        Assert.Equal(0, _messages.Pool.Live);
    }

    [Fact]
    public void A_released_message_gives_its_memory_back_and_keeps_its_identifier()
    {
        ushort id = Add(QualityOfService.ExactlyOnce);

        _window.Release(id);

        Assert.Equal(0, _messages.Pool.Live);
        Assert.True(_window.TryGet(id, out _, out InflightWindow.Stage stage));
        Assert.Equal(InflightWindow.Stage.Released, stage);
        _window.Remove(id);
        Assert.False(_window.TryGet(id, out _, out _));
    }

    [Fact]
    public void What_is_sent_again_comes_in_order_and_within_the_window()
    {
        ushort[] ids = [Add(QualityOfService.ExactlyOnce), Add(), Add(QualityOfService.ExactlyOnce), Add()];
        _window.Release(ids[2]);
        _window.BeginResend();
        Assert.Equal(0, _window.Charged);

        Assert.True(_window.TryResendNext(1, out ushort id, out _, out _));
        Assert.Equal(ids[0], id);
        Assert.False(_window.TryResendNext(1, out _, out _, out _));
        _window.Remove(ids[0]);
        Assert.True(_window.TryResendNext(1, out id, out _, out _));
        Assert.Equal(ids[1], id);
        Assert.True(_window.TryResendNext(1, out id, out InflightWindow.Stage stage, out _)); // PUBREL needs no place
        Assert.Equal((ids[2], InflightWindow.Stage.Released), (id, stage));
        Assert.True(_window.IsResending);
        _window.Remove(ids[3]); // the client had it all along
        Assert.False(_window.IsResending);
    }

    [Fact]
    public void An_acknowledgement_of_what_was_not_sent_again_yet_does_not_stop_the_rest()
    {
        ushort[] ids = [Add(), Add(), Add()];
        _window.BeginResend();
        _window.Remove(ids[0]);
        Assert.True(_window.TryResendNext(9, out ushort id, out _, out _));
        Assert.Equal(ids[1], id);
        _window.Remove(ids[1]);

        Assert.True(_window.TryResendNext(9, out id, out _, out _));

        Assert.Equal(ids[2], id);
        Assert.False(_window.IsResending);
    }

    [Fact]
    public void Any_sequence_of_steps_keeps_order_identifiers_and_references()
    {
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 1_000]).List[1, 200].Sample(steps =>
        {
            var messages = new TestMessages();
            var window = new InflightWindow();
            List<(ushort Id, bool IsReleased)> model = [];
            foreach ((int step, int choice) in steps)
            {
                int at = model.Count == 0 ? 0 : choice % model.Count;
                if (step <= 2 || model.Count == 0)
                {
                    ushort id = window.Add(new Delivery(messages.Create("x"), QualityOfService.ExactlyOnce, false));
                    Assert.DoesNotContain(model, m => m.Id == id);
                    model.Add((id, false));
                }
                else if (step == 3 && !model[at].IsReleased)
                {
                    window.Release(model[at].Id);
                    model[at] = (model[at].Id, true);
                }
                else if (step == 4)
                {
                    window.Remove(model[at].Id);
                    model.RemoveAt(at);
                }
                else if (step == 5)
                {
                    window.BeginResend();
                    List<(ushort, bool)> again = [];
                    while (window.TryResendNext(int.MaxValue, out ushort id, out InflightWindow.Stage stage, out _)) again.Add((id, stage == InflightWindow.Stage.Released));
                    Assert.Equal(model, again);
                }

                Assert.Equal(model.Count, window.Count);
                Assert.Equal(model.Count(m => !m.IsReleased), messages.Pool.Live);
            }

            window.Clear();
            Assert.Equal(0, messages.Pool.Live);
        });
    }

    private ushort Add(QualityOfService qos = QualityOfService.AtLeastOnce) => _window.Add(new Delivery(_messages.Create("x"), qos, false));
}
