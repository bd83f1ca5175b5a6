using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Broker.Core;
using Broker.Core.Limits;
using Broker.Host.Configuration;

namespace Broker.Host.Tests.Configuration;

/// <summary>Every bounded option: its ends are allowed, one beyond is not.</summary>
public sealed class RangeTests
{
    public static TheoryData<string, string, bool> Values()
    {
        var data = new TheoryData<string, string, bool>();
        foreach ((string section, PropertyInfo option) in Options())
        {
            foreach ((string text, bool isAllowed) in Around(option)) data.Add($"{section}:{option.Name}", text, isAllowed);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void A_bounded_option_takes_its_ends_and_nothing_beyond(string key, string value, bool isAllowed)
    {
        HostConfiguration configuration = ConfigurationCase.FromArguments($"--{key}", value);

        if (isAllowed)
        {
            Assert.Empty(configuration.Faults);
            return;
        }

        string fault = configuration.OnlyFault();
        Assert.StartsWith($"{key} (argument --{key}): '{value}' is not allowed; allowed is ", fault, StringComparison.Ordinal);
        Assert.Contains(" from ", fault, StringComparison.Ordinal);
        Assert.Contains(" to ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_number_and_time_has_a_range()
    {
        Assert.All(Options(), one => Assert.True(
            one.Option.PropertyType.IsEnum || one.Option.GetCustomAttribute<RangeAttribute>() is not null || one.Option.GetCustomAttribute<DurationRangeAttribute>() is not null,
            $"{one.Section}:{one.Option.Name}"));
    }

    [Fact]
    public void Every_range_is_one_that_the_reader_knows()
    {
        Type[] known = [typeof(RangeAttribute), typeof(DurationRangeAttribute), typeof(EnumDataTypeAttribute)];

        IEnumerable<Type> used = Options().SelectMany(one => one.Option.GetCustomAttributes<ValidationAttribute>()).Select(attribute => attribute.GetType()).Distinct();

        Assert.Empty(used.Except(known));
    }

    private static IEnumerable<(string Section, PropertyInfo Option)> Options() =>
    [
        .. typeof(BrokerLimits).GetProperties().Select(option => ("Broker:Limits", option)),
        .. typeof(RateLimits).GetProperties().Where(option => option.CanWrite).Select(option => ("Broker:Limits:PerClient", option)),
        .. typeof(PrincipalLimits).GetProperties().Where(option => option.CanWrite).Select(option => ("Broker:Limits:PerPrincipal", option)),
        .. typeof(ConnectionLimits).GetProperties().Where(option => option.CanWrite).Select(option => ("Broker:Limits:PerAddress", option)),
        .. typeof(ConnectionLimits).GetProperties().Where(option => option.CanWrite).Select(option => ("Broker:Endpoints:Mqtt:Limits", option)),
        .. typeof(TcpOptions).GetProperties().Where(option => option.CanWrite).Select(option => ("Broker:Tcp", option)),
        .. typeof(MqttBrokerOptions).GetProperties().Where(option => option.PropertyType.IsValueType).Select(option => ("Broker", option)),
    ];

    private static IEnumerable<(string Text, bool IsAllowed)> Around(PropertyInfo option)
    {
        if (option.GetCustomAttribute<DurationRangeAttribute>() is { } times)
        {
            yield return (Text(times.Minimum), true);
            yield return (Text(times.Maximum), true);
            yield return (Text(times.Minimum - TimeSpan.FromTicks(1)), false);
            yield return (Text(times.Maximum + TimeSpan.FromTicks(1)), false);
        }
        else if (option.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            long minimum = Convert.ToInt64(range.Minimum, CultureInfo.InvariantCulture);
            long maximum = Convert.ToInt64(range.Maximum, CultureInfo.InvariantCulture);
            yield return (Text(minimum), true);
            yield return (Text(maximum), true);
            yield return (Text(minimum - 1), false);
            yield return (Text(maximum + 1), false);
        }
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
