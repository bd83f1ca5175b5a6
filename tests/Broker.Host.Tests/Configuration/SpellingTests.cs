using Broker.Host.Configuration;

namespace Broker.Host.Tests.Configuration;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("abc", "abd", 1)]
    [InlineData("abc", "ab", 1)]
    [InlineData("abc", "xabc", 1)]
    [InlineData("abc", "acb", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void The_distance_is_the_number_of_slips(string a, string b, int slips)
    {
        Assert.Equal(slips, Spelling.Distance(a, b));
        Assert.Equal(slips, Spelling.Distance(b, a));
    }

    [Theory]
    [InlineData("conections", "Connections")]
    [InlineData("MaxSessions", "Sessions")]
    [InlineData("Sesions", "Sessions")]
    [InlineData("Banana", null)]
    [InlineData("Ur", "Url")]
    public void The_nearest_word_is_offered_only_when_it_is_near(string word, string? nearest)
    {
        Assert.Equal(nearest, Spelling.Nearest(word, ["Url", "Connections", "Sessions", "SessionExpiry"]));
    }
}
