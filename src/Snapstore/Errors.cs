namespace Snapstore;

/// <summary>Any failure that Snapstore explains to its user: what failed, where, and what to do next.</summary>
/// <remarks>The exit code lives on the class, so that every way out of the program agrees (spec/cli.md).</remarks>
public abstract class SnapstoreException : Exception
{
    /// <summary>A failure with its text and, where one exists, its cause.</summary>
    protected SnapstoreException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>The process exit code that this failure stands for.</summary>
    public abstract int ExitCode { get; }
}

/// <summary>Stored bytes are not what was written: truncated, altered, swapped or of another repository.</summary>
public sealed class CorruptDataException(string message, Exception? inner = null)
    : SnapstoreException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 4;
}

/// <summary>No password or key at hand opens any key slot.</summary>
public sealed class WrongKeyException(string message) : SnapstoreException(message)
{
    /// <inheritdoc/>
    public override int ExitCode => 12;
}

/// <summary>There is no repository at the place named.</summary>
public sealed class RepositoryNotFoundException(string message) : SnapstoreException(message)
{
    /// <inheritdoc/>
    public override int ExitCode => 10;
}

/// <summary>The storage failed: I/O error, full disk, missing permission. Says nothing about the data itself.</summary>
public sealed class StorageException(string message, Exception? inner = null)
    : SnapstoreException(message, inner)
{
    /// <summary>True where the same call may go through later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>The permission that the storage says is lacking, by the name that its administrators know it by; null for any
    /// other failure.</summary>
    public string? MissingRight { get; init; }

    /// <summary>Until when the object is locked that could not be deleted; <see cref="DateTimeOffset.MaxValue"/> where nobody knows.
    /// Null for any other failure.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <inheritdoc/>
    public override int ExitCode => 1;
}

/// <summary>What is to be captured or restored cannot be: a path missing, a command that failed.</summary>
public sealed class SourceException(string message, Exception? inner = null) : SnapstoreException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 1;
}

/// <summary>The request itself is wrong: an unknown snapshot, a bad option value.</summary>
public sealed class UsageException(string message) : SnapstoreException(message)
{
    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>This program does not know a feature, a version or a library that the work needs.</summary>
public sealed class UnsupportedException(string message) : SnapstoreException(message)
{
    /// <inheritdoc/>
    public override int ExitCode => 1;
}

/// <summary>A prune ended this session before it committed: what it relied on may be gone, and its snapshot does not exist.
/// To be run again under a new session; what was stored is not stored twice.</summary>
public sealed class SessionFencedException(SessionId session)
    : SnapstoreException($"a prune took session {session.ToShortString()} for dead and ended it, so that this snapshot was not made; run again: what was stored is not stored twice")
{
    /// <inheritdoc/>
    public override int ExitCode => 1;
}
