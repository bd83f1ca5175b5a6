namespace Broker.LoadTests.Comparison;

/// <summary>Polls in pairs, and what chance says about them, from the gaps that there really were. Not synchronized.</summary>
public sealed record PollSums
{
    /// <summary>Polls that followed another one.</summary>
    public long Polls { get; set; }

    /// <summary>Those that found nothing new.</summary>
    public long Useless { get; set; }

    /// <summary>Changes between first and last poll.</summary>
    public long Changes { get; set; }

    /// <summary>Expected changes: the sum of rate times gap.</summary>
    public double ExpectedChanges { get; set; }

    /// <summary>Expected useless polls: the sum of e^-gap.</summary>
    public double ExpectedUseless { get; set; }

    /// <summary>Variance of the number of useless polls.</summary>
    public double UselessVariance { get; set; }

    /// <summary>Sum of gap times e^-gap, for the covariance of polls with news and changes.</summary>
    public double Covariance { get; set; }

    /// <summary>Counts a gap.</summary>
    /// <param name="expected">Rate times gap.</param>
    /// <param name="changes">Changes that the second poll told.</param>
    public void Add(double expected, int changes)
    {
        double empty = Math.Exp(-expected);
        Polls++;
        if (changes == 0) Useless++;
        Changes += changes;
        ExpectedChanges += expected;
        ExpectedUseless += empty;
        UselessVariance += empty * (1 - empty);
        Covariance += expected * empty;
    }

    public void Add(PollSums other)
    {
        Polls += other.Polls;
        Useless += other.Useless;
        Changes += other.Changes;
        ExpectedChanges += other.ExpectedChanges;
        ExpectedUseless += other.ExpectedUseless;
        UselessVariance += other.UselessVariance;
        Covariance += other.Covariance;
    }
}
