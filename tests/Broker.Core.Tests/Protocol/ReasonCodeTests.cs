using Broker.Core.Protocol;
using Xunit;

namespace Broker.Core.Tests.Protocol;

public sealed class ReasonCodeTests
{
    [Fact]
    public void The_codes_are_those_of_the_specification()
    {
        int[] expected =
        [
            0x00, 0x01, 0x02, 0x04, 0x10, 0x11, 0x18, 0x19,
            .. Enumerable.Range(0x80, 0xA2 - 0x80 + 1),
        ];

        Assert.Equal(expected, Enum.GetValues<ReasonCode>().Select(code => (int)code).Distinct().Order());
    }

    [Theory]
    [InlineData(ReasonCode.Success, 0)]
    [InlineData(ReasonCode.UnsupportedProtocolVersion, 1)]
    [InlineData(ReasonCode.ClientIdentifierNotValid, 2)]
    [InlineData(ReasonCode.ServerUnavailable, 3)]
    [InlineData(ReasonCode.ServerBusy, 3)]
    [InlineData(ReasonCode.QuotaExceeded, 3)]
    [InlineData(ReasonCode.BadUserNameOrPassword, 4)]
    [InlineData(ReasonCode.BadAuthenticationMethod, 4)]
    [InlineData(ReasonCode.NotAuthorized, 5)]
    [InlineData(ReasonCode.Banned, 5)]
    public void Older_clients_are_told_the_nearest_return_code(ReasonCode reason, byte expected) =>
        Assert.Equal(expected, reason.ToConnectReturnCode());

    [Fact]
    public void Every_failure_is_a_return_code_that_exists() => Assert.All(
        Enum.GetValues<ReasonCode>(),
        reason => Assert.InRange(reason.ToConnectReturnCode(), reason < ReasonCode.UnspecifiedError ? 0 : 1, 5));

    [Fact]
    public void The_properties_have_the_numbers_of_the_specification()
    {
        int[] expected = [1, 2, 3, 8, 9, 11, 17, 18, 19, 21, 22, 23, 24, 25, 26, 28, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42];

        Assert.Equal(expected, Enum.GetValues<PropertyId>().Select(id => (int)id));
    }
}
