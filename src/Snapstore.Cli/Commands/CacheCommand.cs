using System.CommandLine;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`cache`: what is kept here of repositories far away.</summary>
internal sealed class CacheCommand : VerbCommand
{
    public const string Summary = "Show or empty what is kept here of repositories far away";

    private readonly Option<bool> _clear = Declare.Flag("--clear", "Remove all of it; it is fetched again when it is needed");

    public CacheCommand()
        : base("cache", Summary) => Options.Add(_clear);

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        [(ExitCode.Done, "done"), (ExitCode.Failed, "failed: something could not be removed"), (ExitCode.Usage, "wrong usage")];

    public override string Remarks =>
        $"Index, manifests and directory trees of repositories in object stores and on other machines are kept in {CachePlace.Folder} ($SNAPSTORE_CACHE_DIR), sealed as they are there, "
        + "at most 2 GiB for each ($SNAPSTORE_CACHE_SIZE). Everything is verified when it is used, and may be removed at any time.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore cache", "A line for each repository."),
        ("snapstore cache --clear", "Removes it all."),
    ];

    public override int Run(CommandContext context)
    {
        bool clears = context.Value(_clear);
        List<string[]> rows = [["REPOSITORY", "FILES", "SIZE"]];
        (long files, long bytes) = (0, 0);
        foreach (string folder in Folders())
        {
            FileInfo[] kept = [.. LocalCache.Files(folder)];
            long size = kept.Sum(file => file.Length);
            _ = CachePlace.TryParse(Path.GetFileName(folder), out SessionId repository);
            rows.Add([repository.ToShortString(), Quantity.Count(kept.Length), Quantity.Bytes(size)]);
            context.Output.Json("cache", json =>
            {
                json.WriteString("repository", repository.ToString());
                json.WriteNumber("files", kept.Length);
                json.WriteNumber("bytes", size);
                json.WriteBoolean("removed", clears);
            });
            (files, bytes) = (files + kept.Length, bytes + size);
            if (clears)
                Remove(folder);
        }

        if (rows.Count > 1 && !clears)
        {
            foreach (string line in TextTable.Lines(rows, false, true, true))
                context.Output.Line(line);
        }

        context.Output.Tell($"{(clears ? "removed: " : "")}{Quantity.Count(files, "file")}, {Quantity.Bytes(bytes)} in {Escaped.Text(CachePlace.Folder)}");
        return ExitCode.Done;
    }

    // Nothing but caches is touched, whatever the folder is that was named.
    private static IEnumerable<string> Folders() => Directory.Exists(CachePlace.Folder)
        ? Directory.EnumerateDirectories(CachePlace.Folder).Where(folder => CachePlace.TryParse(Path.GetFileName(folder), out _)).Order(StringComparer.Ordinal)
        : [];

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"the cache {folder} could not be removed whole: {e.Message}");
        }
    }
}
