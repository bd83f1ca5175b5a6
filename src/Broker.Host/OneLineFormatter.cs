using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Broker.Host;

/// <summary>
/// Writes log messages as another formatter does, but with their control characters escaped: a client identifier that has a line break or
/// a terminal's commands in it must not pass for what the broker says.
/// </summary>
/// <remarks>Threading: any thread, like what it is put around.</remarks>
internal sealed class OneLineFormatter(ConsoleFormatter inner) : ConsoleFormatter(inner.Name), IDisposable
{
    private readonly bool _escapesItself = inner.Name == ConsoleFormatterNames.Json;

    /// <summary>Puts one around every formatter that was added.</summary>
    public static void Decorate(IServiceCollection services)
    {
        for (int i = 0; i < services.Count; i++)
        {
            if (services[i].ServiceType != typeof(ConsoleFormatter) || services[i].ImplementationType is null) continue;
            ServiceDescriptor added = services[i];
            services[i] = ServiceDescriptor.Singleton<ConsoleFormatter>(provider =>
                new OneLineFormatter((ConsoleFormatter)ActivatorUtilities.CreateInstance(provider, added.ImplementationType!))); // looked at above
        }
    }

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (_escapesItself)
        {
            inner.Write(logEntry, scopeProvider, textWriter);
            return;
        }

        Func<TState, Exception?, string> format = logEntry.Formatter;
        inner.Write(
            new LogEntry<TState>(
                logEntry.LogLevel, logEntry.Category, logEntry.EventId, logEntry.State, logEntry.Exception, (state, exception) => Escape(format(state, exception))),
            scopeProvider,
            textWriter);
    }

    /// <inheritdoc/>
    public void Dispose() => (inner as IDisposable)?.Dispose();

    /// <summary>The text with <c>\u000a</c> and the like in place of control characters.</summary>
    internal static string Escape(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (char letter in text)
        {
            if (char.IsControl(letter)) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else escaped.Append(letter);
        }

        return escaped.ToString();
    }
}
