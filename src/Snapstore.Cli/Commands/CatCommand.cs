using System.CommandLine;
using System.Text;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources.Split;
using Snapstore.Text;

namespace Snapstore.Cli.Commands;

/// <summary>`cat`: writes the content of files to standard output.</summary>
internal sealed class CatCommand : VerbCommand
{
    public const string Summary = "Write the content of files to standard output";

    private const int WorkersMax = 8;

    private readonly Argument<string[]> _places =
        Declare.Arguments("SNAPSHOT:PATH", "The files; of a stream's snapshot, SNAPSHOT alone is the stream");

    private readonly FilterOptions _filter = new();

    public CatCommand()
        : base("cat", Summary)
    {
        Arguments.Add(_places);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore cat latest:/etc/fstab", "One file as it was."),
        ("snapstore cat latest --path dump.sql | mysql", "The newest stream of that name, back to where it came from."),
    ];

    public override string Remarks =>
        "Every byte is verified before it is written. Where something is damaged the output ends there, with exit code 4.";

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        using TreeReader trees = new(repository);
        using ContentReader contents = new(repository, Math.Clamp(Environment.ProcessorCount, 1, WorkersMax));
        // All are found before the first byte is written.
        (SnapshotPath Place, TreeEntry File)[] files = [.. context.Parsed.GetRequiredValue(_places)
            .Select(argument => WithStream(selector.SelectPath(RawText.ToBytes(argument))))
            .SelectMany(place => PartsOf(trees, contents, place) ?? [place])
            .Select(place => (place, FileAt(trees, place)))];
        foreach ((SnapshotPath place, TreeEntry file) in files)
            contents.CopyTo(file, PrintablePath.Of(place.Path), context.Output.Data, context.Cancel);
        return ExitCode.Done;
    }

    // The snapshot of a stream has one file, and its name need not be typed again.
    private static SnapshotPath WithStream(SnapshotPath place)
    {
        Manifest manifest = place.Snapshot.Manifest;
        bool isStream = place.Path.Length == 0 && manifest is { Source: SourceKind.Stream or SourceKind.Command, Paths: [_] };
        return isStream ? place with { Path = [(byte)'/', .. manifest.Paths[0].AsSpan().TrimStart((byte)'/')] } : place;
    }

    // A dump that was taken apart is its parts, one behind the other; null where the place is none.
    private static IEnumerable<SnapshotPath>? PartsOf(TreeReader trees, ContentReader contents, SnapshotPath place)
    {
        if (place.Snapshot.Manifest.Source is not (SourceKind.Stream or SourceKind.Command) || PathFinder.Find(trees, place) is not { Kind: EntryKind.Directory } top)
            return null;
        if (trees.Find(top.Tree, Encoding.UTF8.GetBytes(PartOrder.FileName), "the snapshot") is not { Kind: EntryKind.File } order)
            return null;
        using MemoryStream bytes = new();
        contents.CopyTo(order, PartOrder.FileName, bytes, CancellationToken.None);
        return PartOrder.Decode(bytes.ToArray())?.Select(part => place with { Path = [.. place.Path, (byte)'/', .. Encoding.UTF8.GetBytes(part)] });
    }

    private static TreeEntry FileAt(TreeReader trees, SnapshotPath place)
    {
        TreeEntry entry = PathFinder.Find(trees, place);
        string path = place.Path.Length == 0 ? "/" : PrintablePath.Of(place.Path);
        string id = place.Snapshot.Id.ToShortString();
        return entry.Kind switch
        {
            EntryKind.File => entry,
            EntryKind.Directory => throw new UsageException($"{path} is a directory; get it as an archive: snapstore export {id}:{path} --format tar"),
            EntryKind.Symlink => throw new UsageException($"{path} is a symbolic link to {PrintablePath.Of(entry.Target)}; name the path it leads to"),
            _ => throw new UsageException($"{path} is a {EntryText.Kind(entry.Kind).Replace('_', ' ')}, which has no content"),
        };
    }
}
