namespace Broker.LoadTests.Reports;

/// <summary>The look of report.html. On narrow pages tables become cards, so that nothing scrolls sideways.</summary>
internal static class HtmlStyle
{
    public const string Text = """

        :root { --ink: #212529; --soft: #5c636a; --line: #dee2e6; --page: #ffffff; --card: #f8f9fa; color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 1280px; margin: 0 auto; padding: 20px 24px 60px; }
        h1 { font-size: 30px; margin: 0; }
        h2 { font-size: 17px; line-height: 1.35; margin: 0 0 10px; overflow-wrap: anywhere; }
        .meta, .note, figcaption { color: var(--soft); font-size: 13.5px; }
        .meta { margin: 2px 0 18px; }
        section { margin: 0 0 28px; }
        .verdict { margin: 0; padding: 14px 20px 14px 36px; background: var(--card); border-left: 4px solid #1971c2; border-radius: 4px; }
        .verdict li { margin: 6px 0; max-width: 110ch; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; }
        figure { margin: 0; padding: 16px; background: var(--card); border: 1px solid var(--line); border-radius: 6px; min-width: 0; }
        svg { display: block; width: 100%; height: auto; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .tick { font-size: 12.5px; fill: var(--soft); }
        .axis { font-size: 13px; fill: var(--ink); }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .dashed { stroke-dasharray: 6 4; }
        .error { stroke-width: 1.5; opacity: .55; }
        circle { stroke: var(--page); stroke-width: 1; }
        .tile { stroke: var(--card); stroke-width: 2; }
        .tiletext { fill: #ffffff; font-size: 13px; font-weight: 600; text-anchor: middle; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 3px 16px; margin: 8px 0 4px; padding: 0; font-size: 13px; }
        .legend li { display: flex; align-items: center; gap: 6px; }
        .legend span { display: inline-block; flex: none; }
        .dot { width: 10px; height: 10px; border-radius: 5px; }
        .stroke { width: 16px; height: 3px; border-radius: 2px; }
        table { width: 100%; border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; }
        th, td { padding: 5px 5px; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { font-weight: 600; color: var(--soft); vertical-align: bottom; }
        th:first-child, td:first-child { text-align: left; white-space: nowrap; }
        td small { display: block; color: var(--soft); font-size: 11px; }
        dl { display: grid; grid-template-columns: 110px 1fr; gap: 4px 14px; margin: 0; font-size: 13.5px; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .doubts { padding: 14px 20px; border-left: 4px solid #c92a2a; background: #fff5f5; border-radius: 4px; }
        @media (max-width: 1000px) {
          main { padding: 16px 14px 40px; }
          table, tbody { display: block; }
          thead { display: none; }
          tr { display: grid; grid-template-columns: repeat(auto-fit, minmax(98px, 1fr)); gap: 4px 14px; padding: 10px 12px; margin: 0 0 10px; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
          td, td:first-child { display: block; padding: 0; border: 0; text-align: left; }
          td:first-child { grid-column: 1 / -1; font-weight: 600; font-size: 14px; }
          td::before { content: attr(data-label); display: block; color: var(--soft); font-size: 11px; }
          td:first-child::before { content: none; }
          td small { display: inline; margin-left: 5px; }
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: 8px; }
        }
        /* A drawing is 520 units wide and shrinks with the page; its text must not. */
        @media (max-width: 560px) {
          figure { padding: 12px 10px; }
          .tick, .axis, .tiletext { font-size: 17px; }
        }

        """;
}
