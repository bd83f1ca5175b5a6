using System.Buffers;
using System.Text;

namespace Broker.Host.Access;

/// <summary>A word of a line of the access rules.</summary>
/// <param name="Text">The word, without its quotes.</param>
/// <param name="IsQuoted">Whether it was in quotes: then nothing in it has a meaning of its own.</param>
internal readonly record struct AccessToken(string Text, bool IsQuoted)
{
    private static readonly SearchValues<char> _special = SearchValues.Create(" \t\"\\*=");

    /// <summary>Whether a comment begins here.</summary>
    public bool IsComment => !IsQuoted && Text.StartsWith('#');

    /// <summary>Takes a line apart at its spaces.</summary>
    /// <param name="line">The line.</param>
    /// <param name="fault">What is wrong with its quotes, or null.</param>
    public static List<AccessToken> Split(string line, out string? fault)
    {
        fault = null;
        List<AccessToken> tokens = [];
        for (int i = 0; i < line.Length;)
        {
            if (line[i] is ' ' or '\t')
            {
                i++;
                continue;
            }

            int from = i;
            if (line[i] != '"')
            {
                while (i < line.Length && line[i] is not (' ' or '\t')) i++;
                tokens.Add(new AccessToken(line[from..i], IsQuoted: false));
                continue;
            }

            var text = new StringBuilder();
            for (i++; i < line.Length && line[i] != '"'; i++)
            {
                bool isEscaped = line[i] == '\\' && i + 1 < line.Length && line[i + 1] is '"' or '\\';
                text.Append(line[isEscaped ? ++i : i]);
            }

            bool isClosed = i < line.Length;
            bool isAlone = isClosed && (i + 1 == line.Length || line[i + 1] is ' ' or '\t');
            if (!isAlone) fault ??= isClosed ? "something follows a closing quote without a space" : "a quote is opened and not closed";
            tokens.Add(new AccessToken(text.ToString(), IsQuoted: true));
            i++;
        }

        return tokens;
    }

    /// <summary>A word as it has to be written in a file.</summary>
    public static string Quote(string text)
    {
        bool isPlain = text.Length > 0 && !text.AsSpan().ContainsAny(_special) && !text.StartsWith('#');
        return isPlain || text == "#" ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
