namespace Snapstore.Chunking;

/// <summary>Decides where content is cut (spec/formats/chunking.md). A decision depends on the bytes from the chunk's
/// start alone, so the same content gives the same cuts however it is buffered. One per thread.</summary>
public interface IChunker
{
    /// <summary>Bytes of the longest chunk.</summary>
    int SizeMax { get; }

    /// <summary>Bytes from a chunk's start that must be there before its end can be decided.</summary>
    int LookAhead { get; }

    /// <summary>The length of the chunk that begins where <paramref name="data"/> begins; 0 where more bytes are needed to
    /// decide. With <paramref name="isEnd"/> nothing follows, and the answer is at least 1 unless there is no data.</summary>
    int NextCut(ReadOnlySpan<byte> data, bool isEnd);
}
