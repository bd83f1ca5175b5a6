using System.Net;
using Broker.Core.Protocol;
using Broker.Core.Security.Access;

namespace Broker.Host.Access;

/// <summary>Reads what follows a filter or a user's name: <c>qos&lt;=1 retain=no listener=Mqtt address=10.0.0.0/8 tls=yes</c>.</summary>
/// <param name="allowed">The names that may stand here.</param>
/// <param name="listeners">The endpoints that there are; null: not known.</param>
/// <param name="fault">Takes every fault.</param>
internal sealed class AccessConditionReader(string[] allowed, IReadOnlyCollection<string>? listeners, Action<string> fault)
{
    private static readonly string[] _operators = ["<=", ">=", "="];

    /// <summary>The roles that were named.</summary>
    public string[] Roles { get; private set; } = [];

    /// <summary>The method that was named, or null.</summary>
    public string? Method { get; private set; }

    /// <summary>Reads all of them.</summary>
    public AccessConditions Read(IEnumerable<AccessToken> tokens)
    {
        AccessConditions conditions = AccessConditions.None;
        HashSet<string> seen = [];
        foreach (AccessToken token in tokens)
        {
            if (!TrySplit(token.Text, out string name, out string by, out string value))
            {
                fault($"'{token.Text}' is not a condition; allowed is {string.Join(", ", allowed)}, such as {allowed[0]}={(allowed[0] == "qos" ? "1" : "name")}; a comment begins with #");
                continue;
            }

            if (!allowed.Contains(name)) fault($"'{name}' is not a condition here; {AccessWords.Meant(name, allowed)}");
            else if (!seen.Add(name)) fault($"{name} is written twice");
            else if (by != "=" && name != "qos") fault($"'{token.Text}' is not allowed: write {name}={value}");
            else conditions = Read(conditions, name, by, value);
        }

        return conditions;
    }

    private static bool TrySplit(string text, out string name, out string by, out string value)
    {
        foreach (string candidate in _operators)
        {
            int at = text.IndexOf(candidate, StringComparison.Ordinal);
            if (at <= 0) continue;
            (name, by, value) = (text[..at], candidate, text[(at + candidate.Length)..]);
            return true;
        }

        name = by = value = "";
        return false;
    }

    private AccessConditions Read(AccessConditions conditions, string name, string by, string value)
    {
        string[] list = value.Split(',', StringSplitOptions.RemoveEmptyEntries);
        switch (name)
        {
            case "qos":
                return ReadQos(conditions, by, value);
            case "retain":
                return conditions with { Retain = ReadFlag(name, value) };
            case "tls":
                return conditions with { Tls = ReadFlag(name, value) };
            case "listener":
                if (list.Length == 0) fault("listener names no endpoint");
                foreach (string one in list.Where(one => listeners is not null && !listeners.Contains(one, StringComparer.OrdinalIgnoreCase)))
                {
                    fault($"listener '{one}' is no endpoint; {AccessWords.Meant(one, listeners!)}"); // not null: there would be none
                }

                return conditions with { Listeners = list };
            case "address":
                if (list.Length == 0) fault("address names none");
                return conditions with { Addresses = [.. list.Select(ReadAddress).OfType<IPNetwork>()] };
            case "roles":
                if (list.Length == 0) fault("roles names none");
                Roles = list;
                return conditions;
            default:
                if (value.Length == 0) fault("method names none");
                Method = value;
                return conditions;
        }
    }

    private AccessConditions ReadQos(AccessConditions conditions, string by, string value)
    {
        if (value is not ("0" or "1" or "2"))
        {
            fault($"'{value}' is not a QoS; allowed is 0, 1 or 2, such as qos=0, qos<=1 or qos>=1");
            return conditions;
        }

        var qos = (QualityOfService)(value[0] - '0');
        return by switch
        {
            "<=" => conditions with { MostQos = qos },
            ">=" => conditions with { LeastQos = qos },
            _ => conditions with { LeastQos = qos, MostQos = qos },
        };
    }

    private bool? ReadFlag(string name, string value)
    {
        if (value is not ("yes" or "no")) fault($"'{value}' is not allowed for {name}; allowed is yes or no");
        return value == "yes";
    }

    private IPNetwork? ReadAddress(string text)
    {
        if (IPNetwork.TryParse(text, out IPNetwork network))
        {
            if (network.BaseAddress.Equals(IPAddress.Parse(text.Split('/')[0]))) return network;
            fault($"'{text}' is not a network: its address has to end with zeros; did you mean {network}?");
            return null;
        }

        if (!text.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(text, out IPAddress? address))
        {
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        }

        fault($"'{text}' is not an address; allowed is one such as 192.168.1.7 or fd00::7, or a network whose address ends with zeros such as 10.0.0.0/8");
        return null;
    }
}
