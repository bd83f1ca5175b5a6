using System.Text;
using Broker.Core.Topics;
using Xunit;

namespace Broker.Core.Tests.Topics;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("a", TopicFault.None)]
    [InlineData("/", TopicFault.None)]
    [InlineData("//", TopicFault.None)]
    [InlineData("a/b c/ü", TopicFault.None)]
    [InlineData("$SYS/x", TopicFault.None)]
    [InlineData("", TopicFault.Empty)]
    [InlineData("+", TopicFault.Wildcard)]
    [InlineData("a/#", TopicFault.Wildcard)]
    [InlineData("a+b", TopicFault.Wildcard)]
    [InlineData("a/b#", TopicFault.Wildcard)]
    public void A_name_has_characters_and_no_wildcards(string name, TopicFault expected)
    {
        Assert.Equal(expected, TopicName.Check(Encoding.UTF8.GetBytes(name), maxBytes: 100, maxLevels: 128));
    }

    [Theory]
    [InlineData(1, TopicFault.None)]
    [InlineData(9, TopicFault.None)]
    [InlineData(10, TopicFault.None)]
    [InlineData(11, TopicFault.TooLong)]
    [InlineData(65_535, TopicFault.TooLong)]
    public void A_name_has_at_most_the_bytes_that_are_allowed(int bytes, TopicFault expected)
    {
        Assert.Equal(expected, TopicName.Check(Encoding.UTF8.GetBytes(new string('x', bytes)), maxBytes: 10, maxLevels: 128));
    }

    [Theory]
    [InlineData(126, TopicFault.None)]
    [InlineData(127, TopicFault.None)]
    [InlineData(128, TopicFault.TooManyLevels)]
    [InlineData(65_535, TopicFault.TooManyLevels)]
    public void A_name_has_at_most_the_levels_that_are_allowed(int separators, TopicFault expected)
    {
        Assert.Equal(expected, TopicName.Check(Encoding.UTF8.GetBytes(new string('/', separators)), maxBytes: 65_535, maxLevels: 128));
    }

    [Theory]
    [InlineData("$SYS", true)]
    [InlineData("$", true)]
    [InlineData("a/$SYS", false)]
    [InlineData("/$SYS", false)]
    [InlineData("", false)]
    public void Only_names_that_begin_with_a_dollar_sign_are_reserved(string name, bool expected)
    {
        Assert.Equal(expected, TopicName.IsReserved(Encoding.UTF8.GetBytes(name)));
    }
}
