using Npgsql;

namespace Snapstore.Databases.Postgres;

/// <summary>The rows that COPY gives, as they come from the server.</summary>
/// <param name="session">The connection.</param>
/// <param name="copy">The driver's stream.</param>
/// <param name="doing">What is being done, for errors.</param>
internal sealed class CopyOutStream(PostgresSession session, NpgsqlRawCopyStream copy, string doing) : ReadOnlyStream
{
    private bool _isAtEnd;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_isAtEnd)
            return 0;
        session.Cancel.ThrowIfCancellationRequested();
        int read = session.Guard(doing, () => copy.Read(buffer, offset, count));
        _isAtEnd = read == 0 && count > 0;
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
