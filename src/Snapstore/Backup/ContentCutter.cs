using Snapstore.Chunking;
using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Cuts content into chunks, names them, and looks for what they differ from. One per reader thread.</summary>
internal sealed class ContentCutter : IDisposable
{
    private readonly Repository _repository;
    private readonly PipelineOptions _options;
    private readonly ChunkerParameters _own;
    private readonly DeltaSearch _deltas;
    private readonly Dictionary<int, IChunker> _byContent = [];
    private FileJob? _job;
    private IChunker? _chunker;
    private int _blockSize;
    private LengthRange _persisting;

    public ContentCutter(Repository repository, PipelineOptions options)
    {
        _repository = repository;
        _options = options;
        _own = ChunkerParameters.Parse(repository.Config.Chunker);
        _deltas = new DeltaSearch(repository, options);
        LookAhead = Math.Max(ByContent(_own.AverageSize).LookAhead, options.Chunker.Fixed?.AverageSize ?? _own.AverageSize);
    }

    /// <summary>Bytes from a chunk's start that must be there before its end can be decided.</summary>
    public int LookAhead { get; }

    /// <summary>Starts a file.</summary>
    public void Begin(FileJob job)
    {
        _job = job;
        _chunker = null;
        _blockSize = 0;
    }

    /// <summary>Ends it.</summary>
    public void End() => _deltas.End();

    /// <summary>Cuts off whole chunks; returns the bytes they take.</summary>
    /// <param name="data">Content from the last cut on.</param>
    /// <param name="fileOffset">Where it stands in the file.</param>
    /// <param name="bufferOffset">Where it stands in the buffer.</param>
    /// <param name="isEnd">True where nothing, or a hole, follows.</param>
    /// <param name="items">Takes the chunks.</param>
    public int Cut(ReadOnlySpan<byte> data, long fileOffset, int bufferOffset, bool isEnd, List<ReadItem> items)
    {
        if (_chunker is null && _blockSize == 0)
            Choose(data, fileOffset);
        int used = 0;
        while (used < data.Length)
        {
            int length = NextCut(data[used..], fileOffset + used, isEnd);
            if (length == 0)
                break;
            FoundChunk chunk = _deltas.Find(data[used..], length, fileOffset + used, _persisting);
            bool needsBytes = !chunk.IsStored && (chunk.Delta is null || _options.TellsNewData);
            items.Add(new ReadItem(chunk.Id, bufferOffset + used, chunk.Length, IsHole: false, chunk.Delta, needsBytes));
            used += chunk.Length;
        }

        return used;
    }

    /// <inheritdoc/>
    public void Dispose() => _deltas.Dispose();

    private void Choose(ReadOnlySpan<byte> data, long fileOffset)
    {
        bool isPaged = _job!.IsPaged || (_options.Chunker.RecognizesPages && fileOffset == 0 && PagedFiles.Recognizes(_job.Path, data, _job.Size));
        ChunkerParameters parameters = _options.Chunker.For(_own, isPaged);
        if (parameters.IsContentDefined)
            _chunker = ByContent(parameters.AverageSize);
        else
            _blockSize = parameters.AverageSize;

        // Nothing that a chunker would not give, but for a file's end: what was appended to would else stay in shreds.
        _persisting = _chunker is { } chunker ? new LengthRange(parameters.AverageSize / 2, chunker.SizeMax) : default;
        _deltas.Begin(_job.Base, isFixed: !parameters.IsContentDefined);
    }

    // Blocks are counted from the file's start, also behind a hole that ends within one.
    private int NextCut(ReadOnlySpan<byte> data, long fileOffset, bool isEnd)
    {
        if (_chunker is { } chunker)
            return chunker.NextCut(data, isEnd);
        int left = _blockSize - (int)(fileOffset & (_blockSize - 1));
        if (data.Length >= left)
            return left;
        return isEnd ? data.Length : 0;
    }

    private IChunker ByContent(int averageSize)
    {
        if (!_byContent.TryGetValue(averageSize, out IChunker? chunker))
            _byContent[averageSize] = chunker = Chunkers.Create(new ChunkerParameters(IsContentDefined: true, averageSize), _repository.Keys[KeyPurpose.Chunker]);
        return chunker;
    }
}

/// <summary>How a pipeline works.</summary>
/// <param name="Compression">How hard segments are compressed; deltas are made unless it is off.</param>
/// <param name="Chunker">How content is cut.</param>
/// <param name="DeltaFileSizeMin">Bytes of a file, as it was, from which on its new chunks are tried as deltas.</param>
/// <param name="Workers">Reader threads; 0 does all on the calling thread.</param>
/// <param name="TellsNewData">True where somebody is told of the bytes of each new blob.</param>
internal sealed record PipelineOptions(CompressionLevel Compression, ChunkerChoice Chunker, long DeltaFileSizeMin, int Workers, bool TellsNewData)
{
    /// <summary>What of a run's options concerns it.</summary>
    public static PipelineOptions Of(BackupOptions options) => new(options.Compression, options.Chunker, options.DeltaFileSizeMin, options.Workers, options.OnNewData is not null);
}
