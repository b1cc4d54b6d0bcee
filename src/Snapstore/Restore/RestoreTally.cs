using Snapstore.Text;

namespace Snapstore.Restore;

/// <summary>Counts what a restore does and keeps what it has to say. Thread safe.</summary>
internal sealed class RestoreTally
{
    private readonly MessageList _warnings = new();
    private readonly MessageList _damage = new();
    private long _filesWritten, _bytesWritten, _filesKept, _directories, _others, _deleted, _filesVerified, _notOwned;

    /// <summary>What was done so far.</summary>
    public RestoreReport Report() => new()
    {
        FilesWritten = _filesWritten,
        BytesWritten = _bytesWritten,
        FilesKept = _filesKept,
        Directories = _directories,
        Others = _others,
        Deleted = _deleted,
        FilesVerified = _filesVerified,
        Warnings = _warnings,
        Damage = _damage,
    };

    public void WroteFile(long bytes)
    {
        Interlocked.Increment(ref _filesWritten);
        Interlocked.Add(ref _bytesWritten, bytes);
    }

    public void KeptFile() => Interlocked.Increment(ref _filesKept);

    public void MadeDirectory() => Interlocked.Increment(ref _directories);

    public void MadeOther() => Interlocked.Increment(ref _others);

    public void Deleted() => Interlocked.Increment(ref _deleted);

    public void VerifiedFile() => Interlocked.Increment(ref _filesVerified);

    /// <summary>Counts an entry whose owner this user may not set.</summary>
    public void NotOwned() => Interlocked.Increment(ref _notOwned);

    /// <summary>Says once what is true of all those entries.</summary>
    public void WarnOfOwners(ReadOnlySpan<byte> target)
    {
        if (_notOwned > 0)
            Warn(target, $"{_notOwned} of what was restored belong to you and not to their owners, and have no setuid or setgid bits: only root can restore these");
    }

    /// <summary>Something is not as it was captured: makes the exit code 3.</summary>
    public void Warn(ReadOnlySpan<byte> path, string problem) => Say(_warnings, path, problem);

    /// <summary>The repository cannot give this back whole: makes the exit code 4.</summary>
    public void Damage(ReadOnlySpan<byte> path, string problem) => Say(_damage, path, problem);

    private static void Say(MessageList list, ReadOnlySpan<byte> path, string problem) =>
        list.Add($"{PrintablePath.Of(path)}: {problem}");
}
