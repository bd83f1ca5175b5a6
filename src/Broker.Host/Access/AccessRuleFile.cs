using System.Text;
using Broker.Host.Configuration;

namespace Broker.Host.Access;

/// <summary>Files of access rules and of questions about them, as text.</summary>
internal static class AccessRuleFile
{
    /// <summary>The largest file that is read, in bytes; a hundred thousand rules are a tenth of it.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a text file. Null where that cannot be done; why is added.</summary>
    public static string? ReadText(string path, List<ConfigurationFault> faults)
    {
        try
        {
            if (new FileInfo(path).Length <= MostBytes)
            {
                string text = _strict.GetString(File.ReadAllBytes(path));
                return text.StartsWith('\uFEFF') ? text[1..] : text;
            }

            faults.Add(new(path, null, $"is larger than {MostBytes} bytes"));
        }
        catch (DecoderFallbackException)
        {
            faults.Add(new(path, null, "is not UTF-8 text"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            faults.Add(new(path, null, $"cannot be read: {e.Message}"));
        }

        return null;
    }
}
