using Broker.LoadTests.Comparison;

namespace Broker.LoadTests.Reports;

/// <summary>Push against poll over change rate and interval: measured point by point, and the line that the measured sizes imply.</summary>
public sealed class BreakEvenMap
{
    public const string Workload = "map";

    private BreakEvenMap(IReadOnlyList<Point> points, double message, double unchanged, double fresh)
    {
        Points = points;
        MessageBytes = message;
        UnchangedBytes = unchanged;
        FreshBytes = fresh;
    }

    public IReadOnlyList<Point> Points { get; }

    /// <summary>Bytes of one message, both ways.</summary>
    public double MessageBytes { get; }

    /// <summary>Bytes of a poll that finds nothing new, request and answer.</summary>
    public double UnchangedBytes { get; }

    /// <summary>Bytes of a poll that brings a value.</summary>
    public double FreshBytes { get; }

    public IReadOnlyList<double> Rates => [.. Points.Select(point => point.Cell.ChangesPerSecond).Distinct().Order()];

    public IReadOnlyList<double> Intervals => [.. Points.Select(point => point.Cell.IntervalSeconds).Distinct().Order()];

    /// <summary>Changes per second above which polling at this interval moves fewer bytes.</summary>
    public double BreakEven(double interval) => ClosedForms.BreakEven(interval, 0, FreshBytes, UnchangedBytes, MessageBytes);

    /// <summary>The map, or null where it was not measured.</summary>
    public static BreakEvenMap? Of(LabReport report)
    {
        CellResult[] push = Summed(report, Mode.PushQos0);
        CellResult[] poll = Summed(report, Mode.PollHttpEtag);
        if (push.Length == 0 || poll.Length == 0) return null;
        Point[] points = [.. push.Join(poll, cell => cell.Cell, cell => cell.Cell, (a, b) => new Point(a.Cell, a, b))];
        long delivered = push.Sum(cell => cell.Seen);
        (double unchanged, double fresh) = PollSizes(poll);
        return new BreakEvenMap(points, delivered > 0 ? (double)push.Sum(cell => cell.Wire.Bytes) / delivered : double.NaN, unchanged, fresh);
    }

    /// <summary>All rounds of a point as one.</summary>
    private static CellResult[] Summed(LabReport report, Mode mode) =>
    [
        .. report.Of(Workload, mode).SelectMany(run => run.Cells).GroupBy(cell => cell.Cell).Select(group =>
        {
            var polls = new PollSums();
            foreach (CellResult cell in group) polls.Add(cell.Polls);
            return group.First() with
            {
                ConsumerSeconds = group.Sum(cell => cell.ConsumerSeconds),
                Changes = group.Sum(cell => cell.Changes),
                Seen = group.Sum(cell => cell.Seen),
                Superseded = group.Sum(cell => cell.Superseded),
                Requests = group.Sum(cell => cell.Requests),
                Useless = group.Sum(cell => cell.Useless),
                Wire = group.Aggregate(default(Wire.WireBytes), (sum, cell) => sum + cell.Wire),
                StaleShare = group.Average(cell => cell.StaleShare),
                Polls = polls,
            };
        }),
    ];

    /// <summary>What a useless poll and one with news moved: least squares over the points, since only their sums are known.</summary>
    private static (double Unchanged, double Fresh) PollSizes(CellResult[] cells)
    {
        double uu = 0;
        double uf = 0;
        double ff = 0;
        double ub = 0;
        double fb = 0;
        foreach (CellResult cell in cells)
        {
            double useless = cell.Useless;
            double fresh = cell.Requests - cell.Useless;
            uu += useless * useless;
            uf += useless * fresh;
            ff += fresh * fresh;
            ub += useless * cell.Wire.Bytes;
            fb += fresh * cell.Wire.Bytes;
        }

        double determinant = uu * ff - uf * uf;
        return determinant <= 0 ? (double.NaN, double.NaN) : ((ub * ff - fb * uf) / determinant, (fb * uu - ub * uf) / determinant);
    }

    /// <summary>One measured point.</summary>
    public sealed record Point(Cell Cell, CellResult Push, CellResult Poll)
    {
        /// <summary>How many times more bytes polling moves; below 1 polling is cheaper.</summary>
        public double BytesRatio => Poll.BytesPerConsumerSecond / Math.Max(Push.BytesPerConsumerSecond, 1e-9);

        public bool PushIsCheaper => BytesRatio > 1;
    }
}
