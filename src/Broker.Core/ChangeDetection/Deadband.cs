using System.Globalization;

namespace Broker.Core.ChangeDetection;

/// <summary>How far a number has to move to count as changed: absolutely, or as a part of the value that was sent last.</summary>
/// <param name="Width">The width; for a percentage, the part (0.02 for 2 %). Not negative.</param>
/// <param name="IsRelative">Whether <paramref name="Width"/> is a part of the value.</param>
public readonly record struct Deadband(double Width, bool IsRelative)
{
    /// <summary>What is allowed, for whoever wrote something else.</summary>
    public const string Allowed = "a number that is not negative, such as 0.5, or a percentage, such as 2%";

    /// <summary>Reads <c>0.5</c> or <c>2%</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Deadband deadband)
    {
        text = text.Trim();
        bool isRelative = text.EndsWith("%");
        if (isRelative) text = text[..^1];
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double width) && double.IsFinite(width) && width >= 0;
        deadband = new Deadband(isRelative ? width / 100 : width, isRelative);
        return isNumber;
    }

    /// <summary>Whether a number moved out of the band around the one that was sent last.</summary>
    public bool IsLeft(double last, double now) => Math.Abs(now - last) > (IsRelative ? Width * Math.Abs(last) : Width);
}
