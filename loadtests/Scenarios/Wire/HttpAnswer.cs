using System.Net.Http.Headers;

namespace Broker.LoadTests.Wire;

/// <summary>What a poll was answered.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Body">The body; empty with 304.</param>
/// <param name="Tag">The value's entity tag.</param>
/// <param name="Cursor">Where the next list goes on.</param>
public sealed record HttpAnswer(int Status, byte[] Body, EntityTagHeaderValue? Tag, string? Cursor);
