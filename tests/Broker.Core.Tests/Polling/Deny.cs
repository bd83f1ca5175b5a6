using System.Text;
using Broker.Core.Security;

namespace Broker.Core.Tests.Polling;

/// <summary>Allows everything but one action on topics that begin so.</summary>
internal sealed class Deny(AccessAction action, string prefix) : IAuthorizer
{
    public bool IsAllowed(Principal principal, AccessAction asked, ReadOnlySpan<byte> topic) =>
        asked != action || !Encoding.UTF8.GetString(topic).StartsWith(prefix, StringComparison.Ordinal) || principal != Principal.Anonymous;
}
