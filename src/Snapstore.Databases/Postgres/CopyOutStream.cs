using Npgsql;

namespace Snapstore.Databases.Postgres;

/// <summary>The rows that COPY gives, as they come from the server.</summary>
/// <param name="session">The connection.</param>
/// <param name="copy">The driver's stream.</param>
/// <param name="doing">What is being done, for errors.</param>
internal sealed class CopyOutStream(PostgresSession session, NpgsqlRawCopyStream copy, string doing) : ForwardReadStream
{
    private bool _isAtEnd;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_isAtEnd)
            return 0;
        session.Cancel.ThrowIfCancellationRequested();
        int read = session.Guard(doing, buffer, copy.Read);
        _isAtEnd = read == 0 && !buffer.IsEmpty;
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Finish();
        base.Dispose(disposing);
    }

    // Without the cancel the driver would read all that is left.
    private void Finish() => Quietly(() =>
    {
        if (!_isAtEnd)
            copy.Cancel();
        copy.Dispose();
    });

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (PostgresErrors.IsOfDriver(e))
        {
            // Whoever gave it up knows why; the connection shows that it is broken.
        }
    }
}
