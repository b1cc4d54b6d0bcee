namespace Snapstore.Chunking;

/// <summary>How a snapshot cuts content: `auto`, `content` or `fixed:SIZE`.</summary>
/// <param name="RecognizesPages">True cuts what is made of pages in fixed blocks, as its source says or its first bytes show.</param>
/// <param name="Fixed">Fixed blocks for everything; null where content is cut as the repository does.</param>
public sealed record ChunkerChoice(bool RecognizesPages, ChunkerParameters? Fixed = null)
{
    /// <summary>Database files and disk images in blocks of 64 KiB, all else as the repository does.</summary>
    public static ChunkerChoice Auto { get; } = new(RecognizesPages: true);

    /// <summary>Blocks for content made of pages: a multiple of every database's page, and the size of an average chunk.</summary>
    public static ChunkerParameters Pages { get; } = new(IsContentDefined: false, 64 << 10);

    /// <summary>Reads `auto`, `content` or `fixed:SIZE`.</summary>
    /// <exception cref="UsageException">The text is anything else.</exception>
    public static ChunkerChoice Parse(string text) => text switch
    {
        "auto" => Auto,
        "content" => new ChunkerChoice(RecognizesPages: false),
        _ when text.StartsWith("fixed:", StringComparison.Ordinal) => new ChunkerChoice(RecognizesPages: false, ChunkerParameters.Parse(text)),
        _ => throw new UsageException($"'{text}' is no way to cut content: write auto, content or fixed:SIZE, for example fixed:64KiB"),
    };

    /// <summary>The parameters for one content.</summary>
    /// <param name="repository">Those of the repository.</param>
    /// <param name="isPaged">True for content made of pages.</param>
    public ChunkerParameters For(ChunkerParameters repository, bool isPaged)
    {
        if (Fixed is not null)
            return Fixed;
        if (RecognizesPages)
            return isPaged && repository.IsContentDefined ? Pages : repository;
        return repository with { IsContentDefined = true };
    }
}
