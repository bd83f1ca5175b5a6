namespace Broker.LoadTests.Engine;

/// <summary>How a step or an iteration ended.</summary>
/// <param name="IsOk">Whether it counts as done.</param>
/// <param name="StatusCode">What to count it under; empty for an ordinary success.</param>
/// <param name="SizeBytes">Bytes that it moved.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="CustomLatency">The latency to record in place of the measured one, such as the time from a change to its arrival.</param>
public readonly record struct LoadResult(bool IsOk, string StatusCode, long SizeBytes, string Message, TimeSpan? CustomLatency)
{
    /// <summary>The status of a step that threw.</summary>
    public const string ExceptionStatus = "exception";

    public static LoadResult Ok(long sizeBytes = 0, string statusCode = "", TimeSpan? latency = null) => new(true, statusCode, sizeBytes, "", latency);

    public static LoadResult Fail(string statusCode, string message = "", long sizeBytes = 0) => new(false, statusCode, sizeBytes, message, null);
}
