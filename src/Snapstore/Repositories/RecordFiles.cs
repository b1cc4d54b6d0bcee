using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Sorted files of records; where there are several of about the same size they are merged, so that a million
/// million records are in some 50 files and each was written some 7 times (a log-structured merge tree: O'Neil and others, 1996).</summary>
/// <remarks>Filled by one thread, then asked by many.</remarks>
internal sealed class RecordFiles<T>(int fanIn) : IDisposable
    where T : unmanaged, IKeyed
{
    private readonly List<(int Level, FileRun<T> Run)> _runs = [];

    /// <summary>Records in all files.</summary>
    public long Count => _runs.Sum(found => found.Run.Count);

    /// <summary>Takes in sorted records.</summary>
    /// <exception cref="IOException">A scratch file cannot be written; nothing was taken in.</exception>
    public void Add(ReadOnlyMemory<T> sorted)
    {
        _runs.Add((0, FileRun<T>.Write([sorted])));
        while (_runs.Count >= fanIn && _runs[^fanIn].Level == _runs[^1].Level)
        {
            if (!TryMergeLast())
                return;
        }
    }

    /// <summary>Finds a record of this key.</summary>
    public bool TryFind(in BlobKey key, out T record)
    {
        foreach ((_, FileRun<T> run) in _runs)
        {
            if (run.TryFind(key, out record))
                return true;
        }

        record = default;
        return false;
    }

    /// <summary>Hands over every record of this key, as long as <paramref name="take"/> asks for more.</summary>
    /// <returns>False where it asked for no more.</returns>
    public bool ForEach(in BlobKey key, Func<T, bool> take)
    {
        foreach ((_, FileRun<T> run) in _runs)
        {
            if (!run.ForEach(key, take))
                return false;
        }

        return true;
    }

    /// <summary>All records.</summary>
    public IEnumerable<T> All() => _runs.SelectMany(found => found.Run.All());

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, FileRun<T> run) in _runs)
            run.Dispose();
        _runs.Clear();
    }

    private bool TryMergeLast()
    {
        List<(int Level, FileRun<T> Run)> merging = _runs[^fanIn..];
        try
        {
            FileRun<T> merged = FileRun<T>.Write(RecordMerge.Run(merging.ConvertAll(found => found.Run)));
            _runs.RemoveRange(_runs.Count - fanIn, fanIn);
            _runs.Add((merging[0].Level + 1, merged));
        }
        catch (IOException)
        {
            // No room for a second copy: the files there are serve as well, a little slower.
            return false;
        }

        merging.ForEach(found => found.Run.Dispose());
        return true;
    }
}
