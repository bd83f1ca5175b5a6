using System.Text;
using Broker.Core.Security;

namespace Broker.Core.Tests.Polling;

/// <summary>Allows everything but one action on topics that begin so.</summary>
internal sealed class Deny(AccessAction action, string prefix) : IAuthorizer
{
    public bool IsAllowed(in AccessRequest request) =>
        request.Action != action || !Encoding.UTF8.GetString(request.Topic).StartsWith(prefix, StringComparison.Ordinal) || request.Subject.Principal != Principal.Anonymous;
}
