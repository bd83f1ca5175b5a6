namespace Broker.LoadTests.Engine;

/// <summary>One stretch of load, in NBomber's words. A scenario's phases follow each other.</summary>
public abstract record LoadPhase
{
    private LoadPhase()
    {
    }

    /// <summary>How long it lasts; null where the number of iterations decides.</summary>
    public abstract TimeSpan? Duration { get; }

    /// <summary>Whether iterations start by the clock, however long the ones before take.</summary>
    public abstract bool IsOpen { get; }

    /// <summary>The same phase, ending no later than this.</summary>
    public LoadPhase Clip(TimeSpan longest) => this switch
    {
        _ when Duration is { } duration && duration <= longest => this,
        Inject inject => inject with { During = longest },
        RampingInject ramp => ramp with { During = longest },
        InjectRandom random => random with { During = longest },
        KeepConstant keep => keep with { During = longest },
        RampingConstant ramp => ramp with { During = longest },
        Pause => new Pause(longest),
        _ => this,
    };

    /// <summary>Open: starts <paramref name="Rate"/> iterations every <paramref name="Interval"/>.</summary>
    public sealed record Inject(int Rate, TimeSpan Interval, TimeSpan During) : LoadPhase
    {
        public override TimeSpan? Duration => During;

        public override bool IsOpen => true;
    }

    /// <summary>Open: from the rate of the phase before to this one, in a straight line.</summary>
    public sealed record RampingInject(int Rate, TimeSpan Interval, TimeSpan During) : LoadPhase
    {
        public override TimeSpan? Duration => During;

        public override bool IsOpen => true;
    }

    /// <summary>Open: every interval another rate between the two.</summary>
    public sealed record InjectRandom(int MinRate, int MaxRate, TimeSpan Interval, TimeSpan During) : LoadPhase
    {
        public override TimeSpan? Duration => During;

        public override bool IsOpen => true;
    }

    /// <summary>Open: as <see cref="Inject"/>, until so many iterations have started.</summary>
    public sealed record IterationsForInject(int Rate, TimeSpan Interval, int Iterations) : LoadPhase
    {
        public override TimeSpan? Duration => null;

        public override bool IsOpen => true;
    }

    /// <summary>Closed: so many copies, each starts its next iteration when the one before has ended.</summary>
    public sealed record KeepConstant(int Copies, TimeSpan During) : LoadPhase
    {
        public override TimeSpan? Duration => During;

        public override bool IsOpen => false;
    }

    /// <summary>Closed: from the copies of the phase before to this number, in a straight line.</summary>
    public sealed record RampingConstant(int Copies, TimeSpan During) : LoadPhase
    {
        public override TimeSpan? Duration => During;

        public override bool IsOpen => false;
    }

    /// <summary>Closed: as <see cref="KeepConstant"/>, until so many iterations have started, over all copies.</summary>
    public sealed record IterationsForConstant(int Copies, int Iterations) : LoadPhase
    {
        public override TimeSpan? Duration => null;

        public override bool IsOpen => false;
    }

    /// <summary>Nothing starts.</summary>
    public sealed record Pause(TimeSpan During) : LoadPhase
    {
        public override TimeSpan? Duration => During;

        public override bool IsOpen => true;
    }
}
