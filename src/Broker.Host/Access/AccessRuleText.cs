using System.Globalization;
using System.Text;
using Broker.Core.Protocol;
using Broker.Core.Security.Access;

namespace Broker.Host.Access;

/// <summary>Writes rules as they stand in a file.</summary>
internal static class AccessRuleText
{
    /// <summary>A rule on one line.</summary>
    public static string Of(AccessRule rule)
    {
        var text = new StringBuilder(rule.Effect == AccessEffect.Allow ? "allow " : "deny ");
        text.Append(ActionsOf(rule)).Append(' ').Append(AccessToken.Quote(rule.Filter));
        AccessConditions conditions = rule.Conditions;
        if (conditions.LeastQos == conditions.MostQos) text.Append(CultureInfo.InvariantCulture, $" qos={(int)conditions.MostQos}");
        else if (conditions.LeastQos > QualityOfService.AtMostOnce) text.Append(CultureInfo.InvariantCulture, $" qos>={(int)conditions.LeastQos}");
        else if (conditions.MostQos < QualityOfService.ExactlyOnce) text.Append(CultureInfo.InvariantCulture, $" qos<={(int)conditions.MostQos}");
        if (conditions.Retain is { } retain) text.Append(retain ? " retain=yes" : " retain=no");
        if (conditions.Listeners.Count > 0) text.Append(" listener=").AppendJoin(',', conditions.Listeners);
        if (conditions.Addresses.Count > 0) text.Append(" address=").AppendJoin(',', conditions.Addresses);
        if (conditions.Tls is { } tls) text.Append(tls ? " tls=yes" : " tls=no");
        return text.ToString();
    }

    /// <summary>A decision in words: which rule made it, or that none did.</summary>
    public static string Of(AccessDecision decision)
    {
        string verdict = decision.IsAllowed ? "allowed" : "denied";
        if (decision.Rule is { } rule) return $"{verdict} by {rule.Origin}: {Of(rule)}";
        return decision.Uncovered is { } topic ? $"denied: no rule allows all of it, such as {topic} (? is any level)" : "denied: no rule allows it";
    }

    private static string ActionsOf(AccessRule rule)
    {
        if (rule.Actions == AccessActions.All) return "*";
        IEnumerable<string> words = AccessWords.Actions.Where(known => known.Action != AccessActions.All && (rule.Actions & known.Action) != 0).Select(known => known.Word);
        return string.Join(',', words.Select(word => word == "share" && rule.ShareName is { } name ? $"share({name})" : word));
    }
}
