using System.Threading.Channels;

namespace Broker.Client.Publishing;

/// <summary>Publishes a stream of messages in order, with as many on their way as the outbound queue takes, and waits for all acknowledgements.</summary>
internal sealed class BatchPublisher(ClientCore core)
{
    private const int MaxOpen = 10_000;

    public async Task PublishAsync(IAsyncEnumerable<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Channel<Task<PublishResult>> open = Channel.CreateBounded<Task<PublishResult>>(new BoundedChannelOptions(MaxOpen) { SingleReader = true, SingleWriter = true });
        Task<BrokerClientException?> confirmations = ConfirmAsync(open.Reader);
        try
        {
            await foreach (OutgoingMessage message in messages.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                OutboxEntry entry = await core.AddAsync(message, awaited: true, cancellationToken).ConfigureAwait(false);
                await open.Writer.WriteAsync(entry.Completion!.Task, cancellationToken).ConfigureAwait(false); // awaited says that there is one
            }
        }
        finally
        {
            open.Writer.Complete();
        }

        if (await confirmations.WaitAsync(cancellationToken).ConfigureAwait(false) is { } fault) throw fault;
    }

    private static async Task<BrokerClientException?> ConfirmAsync(ChannelReader<Task<PublishResult>> open)
    {
        BrokerClientException? first = null;
        await foreach (Task<PublishResult> one in open.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                await one.ConfigureAwait(false);
            }
            catch (BrokerClientException exception)
            {
                first ??= exception;
            }
        }

        return first;
    }
}
