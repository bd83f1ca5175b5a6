using Broker.Host.Reloading;
using Broker.Host.Tests.Harness;

namespace Broker.Host.Tests.Reloading;

/// <summary>A change is told once, and only when the file has come to rest.</summary>
public sealed class FileWatchTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_is_told_while_nothing_changes()
    {
        string file = _folder.Write("a", "1");
        var watch = new FileWatch([file]);

        Assert.False(watch.HasChanged([file]));
        Assert.False(watch.HasChanged([file]));
    }

    [Fact]
    public void A_change_is_told_once_at_the_second_look_that_finds_it_the_same()
    {
        string file = _folder.Write("a", "1");
        var watch = new FileWatch([file]);

        _folder.Write("a", "12");

        Assert.Equal([false, true, false], [watch.HasChanged([file]), watch.HasChanged([file]), watch.HasChanged([file])]);
    }

    [Fact]
    public void A_file_that_is_still_written_is_not_told()
    {
        string file = _folder.Write("a", "1");
        var watch = new FileWatch([file]);

        _folder.Write("a", "12");
        bool first = watch.HasChanged([file]);
        _folder.Write("a", "123");
        bool second = watch.HasChanged([file]);

        Assert.Equal((false, false, true), (first, second, watch.HasChanged([file])));
    }

    [Fact]
    public void A_file_that_comes_goes_or_is_behind_a_link_that_is_turned_is_told()
    {
        string first = _folder.Write("first", "1");
        string second = _folder.Write("second", "22");
        string link = Path.Combine(_folder.Path, "link");
        string late = Path.Combine(_folder.Path, "late");
        File.CreateSymbolicLink(link, first);
        var watch = new FileWatch([link, late]);

        File.Delete(link);
        File.CreateSymbolicLink(link, second);
        bool turned = watch.HasChanged([link, late]) | watch.HasChanged([link, late]);
        _folder.Write("late", "1");
        bool came = watch.HasChanged([link, late]) | watch.HasChanged([link, late]);
        File.Delete(late);
        bool went = watch.HasChanged([link, late]) | watch.HasChanged([link, late]);

        Assert.Equal((true, true, true), (turned, came, went));
    }
}
