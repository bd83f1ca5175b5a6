using Microsoft.Extensions.Options;

namespace Broker.Client.Hosting;

/// <summary>Lets the host refuse to start with wrong options, and say everything that is wrong.</summary>
internal sealed class OptionsValidator : IValidateOptions<BrokerClientOptions>
{
    public ValidateOptionsResult Validate(string? name, BrokerClientOptions options)
    {
        IReadOnlyList<string> faults = OptionRules.Faults(options);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
