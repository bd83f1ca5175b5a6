using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Broker.Host.Endpoints;

/// <summary>A connection of another endpoint: its bytes and its addresses, with features of its own above those it has.</summary>
internal sealed class HandedOverConnection(ConnectionContext connection) : ConnectionContext
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when the endpoint that took it has no more use for it.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public override string ConnectionId { get; set; } = connection.ConnectionId;

    /// <inheritdoc/>
    public override IFeatureCollection Features { get; } = new FeatureCollection(connection.Features);

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get; set; } = connection.Transport;

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get; set; } = connection.LocalEndPoint;

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint { get; set; } = connection.RemoteEndPoint;

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get; set; } = connection.ConnectionClosed;

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => connection.Abort(abortReason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult(); // the connection itself is its own endpoint's to dispose
        return base.DisposeAsync();
    }
}
