using System.Text;
using Snapstore.Hashing;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Stored bytes of a repository far away, kept in files here: index objects, manifests, labels, and segments of tree
/// nodes (spec/cache.md). What it gives was verified; what it loses is fetched again.</summary>
/// <remarks>Any number of programs may share a folder, and anybody may remove anything in it at any time. Bytes are sealed as they
/// are in the repository. Thread safe. Nothing that happens to it is an error: it gives less.</remarks>
/// <param name="folder">Its folder, of this repository alone; made when the first thing is kept.</param>
/// <param name="sizeMax">Bytes that its files may have together.</param>
public sealed class LocalCache(string folder, long sizeMax) : IDisposable
{
    /// <summary>The offset of a whole object.</summary>
    public const long Whole = -1;

    private const string TemporaryPrefix = "tmp-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan TemporaryAge = TimeSpan.FromHours(1);

    private const int SumSize = Blake3.HashSize;

    // Looked at anew after so much of the bound was added, and at the end: between, it may be passed by that.
    private const int SweepsInBound = 8;

    // A file used again is marked so at most this often.
    private static readonly TimeSpan MarkInterval = TimeSpan.FromHours(1);

    private long _added, _given;
    private volatile bool _isUnusable;

    /// <summary>Bytes that were read here and not fetched.</summary>
    public long BytesGiven => Interlocked.Read(ref _given);

    /// <summary>What is kept of an object; null where that is nothing.</summary>
    /// <param name="key">The object.</param>
    /// <param name="offset">Where the bytes stand in it; <see cref="Whole"/> for all of it.</param>
    public byte[]? TryRead(StorageKey key, long offset)
    {
        string path = PathOf(key, offset);
        try
        {
            if (!File.Exists(path))
                return null;
            byte[] stored = File.ReadAllBytes(path);
            if (stored.Length < SumSize || !Sum(key, offset, stored.AsSpan(SumSize)).AsSpan().SequenceEqual(stored.AsSpan(0, SumSize)))
            {
                File.Delete(path);
                return null;
            }

            Mark(path);
            Interlocked.Add(ref _given, stored.Length - SumSize);
            return stored[SumSize..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps bytes that were found to be right.</summary>
    /// <param name="key">The object.</param>
    /// <param name="offset">Where they stand in it; <see cref="Whole"/> for all of it.</param>
    /// <param name="bytes">The bytes.</param>
    public void Keep(StorageKey key, long offset, ReadOnlySpan<byte> bytes)
    {
        if (_isUnusable || bytes.Length + SumSize > sizeMax / SweepsInBound)
            return;
        string path = PathOf(key, offset);
        string temporary = Path.Combine(folder, $"{TemporaryPrefix}{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly);
            Write(temporary, Sum(key, offset, bytes), bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, or a folder of somebody else: the run goes on without. Another program may also have swept what was being made.
            _isUnusable |= e is not (FileNotFoundException or DirectoryNotFoundException);
            TryDelete(temporary);
            return;
        }

        if (Interlocked.Add(ref _added, bytes.Length + SumSize) > sizeMax / SweepsInBound)
            Sweep();
    }

    /// <summary>Brings the folder below its bound: what was used last stays.</summary>
    public void Sweep()
    {
        Interlocked.Exchange(ref _added, 0);
        try
        {
            // What others are just making is let alone, by the time of the newest file.
            List<FileInfo> files = [.. Files(folder)];
            DateTime young = files.Select(file => file.LastWriteTimeUtc).Append(DateTime.UnixEpoch).Max() - TemporaryAge;
            files.RemoveAll(file => file.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal) && file.LastWriteTimeUtc >= young);
            long size = files.Sum(file => file.Length);
            foreach (FileInfo file in files.OrderBy(file => file.LastWriteTimeUtc))
            {
                if (size <= sizeMax)
                    break;
                size -= file.Length;
                TryDelete(file.FullName);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody removes it beside us.
        }
    }

    /// <summary>The files of a cache, or of all caches below a folder; none where it is not there.</summary>
    public static IEnumerable<FileInfo> Files(string folder) => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Exists)
        : [];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Read(ref _added) > 0)
            Sweep();
    }

    // The name says nothing of the object: listings of a home directory tell no more than sizes.
    private string PathOf(StorageKey key, long offset)
    {
        Span<byte> hash = stackalloc byte[20];
        Blake3.Hash(Encoding.UTF8.GetBytes($"{key.Name}\n{offset}"), hash);
        string name = Convert.ToHexStringLower(hash);
        return Path.Combine(folder, name[..2], name[2..]);
    }

    private static byte[] Sum(StorageKey key, long offset, ReadOnlySpan<byte> bytes)
    {
        Blake3Hasher hasher = new();
        hasher.Update(Encoding.UTF8.GetBytes($"{key.Name}\n{offset}\n"));
        hasher.Update(bytes);
        byte[] sum = new byte[SumSize];
        hasher.Finish(sum);
        return sum;
    }

    private static void Write(string path, ReadOnlySpan<byte> sum, ReadOnlySpan<byte> bytes)
    {
        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(sum);
        file.Write(bytes);
    }

    private static void Mark(string path)
    {
        FileInfo file = new(path);
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        if (now - file.LastWriteTimeUtc > MarkInterval)
            file.LastWriteTimeUtc = now;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to remove.
        }
    }
}
