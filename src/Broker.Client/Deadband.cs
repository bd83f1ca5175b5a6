using System.Globalization;

namespace Broker.Client;

/// <summary>How far a number has to move to count as changed. A plain number converts to an absolute band: <c>0.5</c>.</summary>
public readonly record struct Deadband
{
    private Deadband(double size, bool isPercent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (!double.IsFinite(size)) throw new ArgumentOutOfRangeException(nameof(size), size, "A deadband is a finite number");
        Size = size;
        IsPercent = isPercent;
    }

    /// <summary>The size, in the value's own unit or in percent of the last value; 0 and more.</summary>
    public double Size { get; }

    /// <summary>Whether the size is in percent.</summary>
    public bool IsPercent { get; }

    /// <summary>A band in the value's own unit.</summary>
    /// <param name="size">0 and more.</param>
    public static implicit operator Deadband(double size) => Absolute(size);

    /// <summary>A band in the value's own unit.</summary>
    /// <param name="size">0 and more.</param>
    public static Deadband Absolute(double size) => new(size, isPercent: false);

    /// <summary>A band in percent of the last value.</summary>
    /// <param name="size">0 and more; 2 is two percent.</param>
    public static Deadband Percent(double size) => new(size, isPercent: true);

    /// <summary>The form of the wire: <c>0.5</c> or <c>2%</c>.</summary>
    public override string ToString() => Size.ToString("R", CultureInfo.InvariantCulture) + (IsPercent ? "%" : "");

    internal bool IsExceeded(double last, double value) => Math.Abs(value - last) > (IsPercent ? Math.Abs(last) * Size / 100 : Size);
}
