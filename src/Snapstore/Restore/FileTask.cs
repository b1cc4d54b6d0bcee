using System.Security.Cryptography;
using System.Text;
using Snapstore.Formats;
using Snapstore.Posix;

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
            if (run.Options.Sparse)
                WriteSparsely(file, offset, bytes);
            else
                file.Write(offset, bytes);
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
    public bool TryLink(DirectoryTask where, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            if (_damage is not null || _failure is not null)
                return false;
            if (_file is null && !_isFinished)
                _file = Create();
            using DirectoryHandle own = run.OpenDirectoryOf(path);
            FileStat source = own.Stat(_currentName);
            where.Handle.MakeHardLink(own, _currentName, name);
            FileStat made = where.Handle.Stat(name);
            if (made.Inode == source.Inode && made.Device == source.Device)
                return true;
            // Somebody swapped the file between the two calls: nothing foreign is left linked.
            where.Handle.Remove(name, isDirectory: false);
            return false;
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
        return directory.Handle.CreateFile(_currentName, PrivateMode);
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
    }

    private void RemovePartial()
    {
        if (_file is null)
            return;
        try
        {
            directory.Handle.Remove(_currentName, isDirectory: false);
        }
        catch (PosixException e)
        {
            run.Tally.Warn(path, $"an incomplete file was left: {e.Message}");
        }
    }

    private void Fail(PosixException e)
    {
        if (e.Error is Errno.NoSpace or Errno.Quota or Errno.ReadOnly or Errno.Io)
            throw new SourceException($"the target cannot be written: {e.Message}; what is there already is kept when you run again", e);
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
