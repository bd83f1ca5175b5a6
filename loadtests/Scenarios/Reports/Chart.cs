namespace Broker.LoadTests.Reports;

/// <summary>A chart of the report.</summary>
/// <param name="Id">Its anchor.</param>
/// <param name="Question">Its heading.</param>
/// <param name="Html">The drawing with its legend.</param>
/// <param name="Note">How to read it.</param>
public sealed record Chart(string Id, string Question, string Html, string Note);
