using System.Security.Cryptography;
using System.Text;
using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Text;

namespace Snapstore.Restore;

/// <summary>A file being restored. Written under its own name where nothing was there, else under a temporary name that
/// replaces the old file when it is whole. Thread safe: its parts come from several workers.</summary>
/// <remarks>Begins with one part pending, which the planner takes off when all parts are planned.</remarks>
internal sealed class FileTask(DirectoryTask directory, TreeEntry entry, byte[] path, bool replaces, RestoreRun run)
{
    private const int PrivateMode = 0x180; // 0600 until it is whole

    private readonly Lock _lock = new();
    private FileHandle? _file;
    private byte[] _currentName = entry.Name;
    private string? _damage;
    private string? _failure;
    private int _pending = 1;
    private FileIdentity _identity;
    private List<(byte[] Path, byte[] Name)>? _links;
    private bool _isFinished;

    /// <summary>The entry.</summary>
    public TreeEntry Entry { get; } = entry;

    /// <summary>True where the file's own holes, or its size, need the length to be set at the end.</summary>
    public bool NeedsLength { get; set; }

    /// <summary>Says that one more part is planned.</summary>
    public void AddPending() => Interlocked.Increment(ref _pending);

    /// <summary>Writes a part; one that cannot be written fails the file, not the restore, unless the disk is full.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            FileHandle? file = Open();
            if (file is null)
                return;
            // The kernel lets one at a time write to a file, and lets the others spin: better they sleep, and let a worker with another file on.
            lock (file)
            {
                if (run.Options.Sparse)
                    WriteSparsely(file, offset, bytes);
                else
                    file.Write(offset, bytes);
            }
        }
        catch (PosixException e)
        {
            Fail(e);
        }
    }

    /// <summary>The repository cannot give a part of it.</summary>
    public void Damage(string problem)
    {
        lock (_lock)
            _damage ??= problem;
    }

    /// <summary>Says that a part is done; after the last one the file is finished.</summary>
    public void Done()
    {
        if (Interlocked.Decrement(ref _pending) == 0)
            Finish();
    }

    /// <summary>Makes another name of this file; false where there is no whole file to be linked to.</summary>
    public bool TryLink(DirectoryTask where, ReadOnlySpan<byte> name, byte[] linkPath)
    {
        lock (_lock)
        {
            if (_damage is not null || _failure is not null)
                return false;
            if (_file is null && !_isFinished)
                _file = Create();
            using DirectoryHandle own = run.OpenDirectoryOf(path);
            where.Handle.MakeHardLink(own, _currentName, name);
            if (FileIdentity.Of(where.Handle.Stat(name)) == _identity)
            {
                // If the file turns out not to be whole, its other names go as well.
                if (!_isFinished)
                    (_links ??= []).Add((linkPath, name.ToArray()));
                return true;
            }

            // Somebody swapped the file: nothing foreign is left linked.
            where.Handle.Remove(name, isDirectory: false);
            return false;
        }
    }

    /// <summary>Removes what was written of it: the restore has failed.</summary>
    public void GiveUp()
    {
        lock (_lock)
        {
            _file?.Dispose();
            RemovePartial();
        }
    }

    private FileHandle? Open()
    {
        lock (_lock)
            return _failure is null ? _file ??= Create() : null;
    }

    private FileHandle Create()
    {
        if (replaces)
            _currentName = [.. Encoding.ASCII.GetBytes(".snapstore-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)))];
        FileHandle file = directory.Handle.CreateFile(_currentName, PrivateMode);
        run.Begin(this);
        _identity = FileIdentity.Of(file.Stat());
        return file;
    }

    private void Finish()
    {
        lock (_lock)
        {
            _isFinished = true;
            try
            {
                if (_damage is null && _failure is null)
                    Complete(_file ??= Create());
            }
            catch (PosixException e)
            {
                Fail(e);
            }
            finally
            {
                _file?.Dispose();
            }

            Report();
        }

        run.End(this);
        directory.Done();
    }

    private void Complete(FileHandle file)
    {
        if (NeedsLength || run.Options.Sparse)
            file.SetLength(Entry.Size);
        EntryMetadata.Apply(file, Entry, path, run.Tally);
        if (!replaces)
            return;
        directory.Handle.Rename(_currentName, directory.Handle, Entry.Name, noReplace: false);
        _currentName = Entry.Name;
    }

    private void Report()
    {
        run.Progress.Add(files: 1, bytes: 0);
        run.Progress.At(path);
        if (_damage is null && _failure is null)
        {
            run.Tally.WroteFile(Entry.Size);
            return;
        }

        // No file at all is better than one with wrong bytes.
        RemovePartial();
        if (_damage is { } damage)
            run.Tally.Damage(path, damage);
        else
            run.Tally.Warn(path, $"not restored: {_failure}");
        foreach ((byte[] link, byte[] _) in _links ?? [])
        {
            if (_damage is not null)
                run.Tally.Damage(link, $"a hard link to {PrintablePath.Of(path)}: {_damage}");
            else
                run.Tally.Warn(link, $"not restored: {_failure}");
        }
    }

    private void RemovePartial()
    {
        if (_file is null)
            return;
        RemoveOwn(path, _currentName);
        foreach ((byte[] link, byte[] name) in _links ?? [])
            RemoveOwn(link, name);
    }

    // Only what is this file: the name may have been given to another since.
    private void RemoveOwn(byte[] of, byte[] name)
    {
        try
        {
            using DirectoryHandle at = run.OpenDirectoryOf(of);
            if (FileIdentity.Of(at.Stat(name)) == _identity)
                at.Remove(name, isDirectory: false);
        }
        catch (PosixException e)
        {
            run.Tally.Warn(of, $"an incomplete file was left: {e.Message}");
        }
    }

    private void Fail(PosixException e)
    {
        RestoreRun.ThrowIfTargetFailed(e);
        lock (_lock)
            _failure ??= e.Message;
    }

    // Blocks of zeros are passed over; the length that is set at the end makes them a hole.
    private static void WriteSparsely(FileHandle file, long offset, ReadOnlySpan<byte> bytes)
    {
        const int Block = 4096;
        int start = 0;
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)Math.Min(bytes.Length - at, Block - ((offset + at) % Block));
            bool isZero = !bytes.Slice(at, length).ContainsAnyExcept((byte)0);
            if (isZero && at > start)
                file.Write(offset + start, bytes[start..at]);
            at += length;
            if (isZero)
                start = at;
        }

        if (start < bytes.Length)
            file.Write(offset + start, bytes[start..]);
    }
}

/// <summary>What tells one inode from all others.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    public static FileIdentity Of(in FileStat stat) => new(stat.Device, stat.Inode);
}
