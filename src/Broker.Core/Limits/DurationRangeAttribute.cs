using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Broker.Core.Limits;

/// <summary>The shortest and longest time that an option may have. <see cref="RangeAttribute"/> does the same with reflection, which native AOT has not.</summary>
/// <param name="minimum">The shortest, as <see cref="TimeSpan"/> writes it.</param>
/// <param name="maximum">The longest.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationRangeAttribute(string minimum, string maximum) : ValidationAttribute
{
    /// <summary>The shortest time that is allowed.</summary>
    public TimeSpan Minimum { get; } = TimeSpan.Parse(minimum, CultureInfo.InvariantCulture);

    /// <summary>The longest time that is allowed.</summary>
    public TimeSpan Maximum { get; } = TimeSpan.Parse(maximum, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is TimeSpan time && time >= Minimum && time <= Maximum;

    /// <inheritdoc/>
    public override string FormatErrorMessage(string name) => $"{name} must be between {Minimum} and {Maximum}";
}
