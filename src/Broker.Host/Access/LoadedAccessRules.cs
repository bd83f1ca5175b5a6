using System.Security.Cryptography;
using System.Text;
using Broker.Core.Security.Access;
using Broker.Host.Configuration;

namespace Broker.Host.Access;

/// <summary>Access rules as they were read from their file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Rules">The rules.</param>
/// <param name="Digest">The first half of the SHA-256 of the file's text, in hexadecimal: which version it was.</param>
internal sealed record LoadedAccessRules(string Path, AccessRules Rules, string Digest)
{
    /// <summary>Reads them. Null where there is a fault; all faults are added.</summary>
    /// <param name="path">The file.</param>
    /// <param name="listeners">The endpoints that there are; null: not known.</param>
    /// <param name="faults">Takes the faults.</param>
    public static LoadedAccessRules? Read(string path, IReadOnlyCollection<string>? listeners, List<ConfigurationFault> faults)
    {
        int before = faults.Count;
        if (AccessRuleFile.ReadText(path, faults) is not { } text) return null;
        AccessRules rules = new AccessRuleReader(path, listeners, faults).Read(text);
        if (faults.Count > before) return null;
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        return new LoadedAccessRules(path, rules, Convert.ToHexStringLower(digest.AsSpan(0, digest.Length / 2)));
    }
}
