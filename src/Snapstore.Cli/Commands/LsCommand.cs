using System.CommandLine;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`ls`: lists a directory of a snapshot.</summary>
internal sealed class LsCommand : VerbCommand
{
    public const string Summary = "List files of a snapshot";

    private readonly Argument<string> _place = Declare.Argument("SNAPSHOT[:PATH]", "The snapshot, and a path in it");
    private readonly Option<bool> _long = Declare.Flag("--long", "Show mode, owner, size in bytes and time", "-l");
    private readonly Option<bool> _recursive = Declare.Flag("--recursive", "List everything below too", "-R");
    private readonly Option<bool> _null = Declare.Flag("--null", "Print names as they are, a zero byte behind each", "-0");
    private readonly FilterOptions _filter = new();

    public LsCommand()
        : base("ls", Summary)
    {
        Arguments.Add(_place);
        Options.Add(_long);
        Options.Add(_recursive);
        Options.Add(_null);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore ls latest", "What the newest snapshot has at the top."),
        ("snapstore ls -l latest~1:/home/u", "A directory of the snapshot before it, with details."),
        ("snapstore ls -R -0 1a2b3c4d:/etc | xargs -0 -n1 echo", "All paths below /etc, whatever their bytes."),
    ];

    public override string Remarks =>
        "The size of a directory is that of all files below it. Bytes that are no text show as \\xNN unless --null is given.";

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        SnapshotPath place = context.Selector(repository, _filter.Read(context)).SelectPath(RawText.ToBytes(context.Value(_place)));
        using TreeReader trees = new(repository);
        TreeEntry top = PathFinder.Find(trees, place);
        if (top.Kind != EntryKind.Directory)
        {
            Print(context, place.Path, top.Name, top);
            return ExitCode.Done;
        }

        bool isRecursive = context.Value(_recursive);
        int skipped = place.Path.Length + 1;
        using TreeListing listing = new(trees, top, place.Path);
        while (listing.MoveNext())
        {
            if (!isRecursive)
                listing.SkipBelow();
            Print(context, listing.Path, listing.Path[skipped..], listing.Entry);
        }

        return ExitCode.Done;
    }

    private void Print(CommandContext context, ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, TreeEntry entry)
    {
        if (context.Output.IsJson)
        {
            byte[] kept = path.ToArray();
            context.Output.Json("entry", json => EntryText.Write(json, kept, entry));
        }
        else if (context.Value(_null))
        {
            context.Output.Data.Write(name);
            context.Output.Data.WriteByte(0);
        }
        else
        {
            string shown = EntryText.Name(name, entry);
            context.Output.Line(context.Value(_long) ? EntryText.Long(entry, shown, context.Time.LocalTimeZone) : shown);
        }
    }
}
