namespace Broker.LoadTests.Comparison;

/// <summary>What theory says about asking every T for something that changes at random with rate λ; r = λT.</summary>
public static class ClosedForms
{
    /// <summary>Share of polls that find nothing new: e^-r.</summary>
    public static double UselessShare(double changesPerPoll) => Math.Exp(-changesPerPoll);

    /// <summary>Share of changes that nobody ever sees, because the next one came before the poll; also the share of time with a stale value: 1 - (1 - e^-r) / r.</summary>
    public static double SupersededShare(double changesPerPoll) =>
        changesPerPoll < 1e-6 ? changesPerPoll / 2 : 1 - (1 - Math.Exp(-changesPerPoll)) / changesPerPoll;

    /// <summary>Bytes a second of one consumer that asks with If-None-Match.</summary>
    /// <param name="cell">How often it changes and is asked for.</param>
    /// <param name="request">Bytes of a request.</param>
    /// <param name="fresh">Bytes of an answer with a value.</param>
    /// <param name="unchanged">Bytes of an answer without.</param>
    public static double PollBytes(Cell cell, double request, double fresh, double unchanged) =>
        (request + unchanged + (1 - UselessShare(cell.ChangesPerPoll)) * (fresh - unchanged)) / cell.IntervalSeconds;

    /// <summary>Bytes a second of one consumer that is sent every change.</summary>
    public static double PushBytes(double changesPerSecond, double message) => changesPerSecond * message;

    /// <summary>Where push and poll cost the same: changes per second at this interval, above which polling is cheaper because it leaves changes out.</summary>
    /// <returns>Infinity where push is always cheaper.</returns>
    public static double BreakEven(double intervalSeconds, double request, double fresh, double unchanged, double message)
    {
        // Poll's cost rises from idle to full with r, push's without end: one crossing.
        double low = 1e-6;
        double high = 1e6;
        if (Cheaper(high)) return double.PositiveInfinity;
        for (int i = 0; i < 200; i++)
        {
            double middle = Math.Sqrt(low * high);
            if (Cheaper(middle)) low = middle;
            else high = middle;
        }

        return high;

        bool Cheaper(double rate) => PushBytes(rate, message) < PollBytes(new Cell(rate, intervalSeconds), request, fresh, unchanged);
    }
}
