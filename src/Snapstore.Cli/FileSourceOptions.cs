using System.CommandLine;
using Snapstore.Backup;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Cli;

/// <summary>The options of `snapshot` that are about files: which, and how they are compared with the parent.</summary>
internal sealed class FileSourceOptions
{
    private readonly ExcludeOptions _excludes = new();

    private readonly Option<string[]> _ifPresent = Declare.Texts(
        "--exclude-if-present", "NAME[:HEADER]", "Leave out what is in a directory that holds a file NAME (that begins with HEADER)");

    private readonly Option<bool> _caches = Declare.Flag("--exclude-caches", "Leave out what is in directories marked by a CACHEDIR.TAG");
    private readonly Option<string?> _largerThan = Declare.Text("--exclude-larger-than", "SIZE", "Leave out files larger than SIZE");
    private readonly Option<bool> _oneFileSystem = Declare.Flag("--one-file-system", "Do not enter other file systems", "-x");

    private readonly Option<string[]> _filesFrom = Declare.Texts(
        "--files-from", "FILE", "Take the paths in FILE too, one a line, as they are (- for standard input)");

    private readonly Option<string[]> _filesFromZero = Declare.Texts("--files-from0", "FILE", "The same with a NUL byte after each path");

    private readonly Option<string?> _parent = Declare.Text(
        "--parent", "SNAPSHOT", "Compare with this snapshot (default: the newest of the same host and paths)");

    private readonly Option<bool> _force = Declare.Flag("--force", "Compare with no snapshot: read every file", "-f");
    private readonly Option<bool> _checksum = Declare.Flag("--checksum", "Read every file and compare its content, whatever its times say");
    private readonly Option<bool> _ignoreCtime = Declare.Flag("--ignore-ctime", "A file may be unchanged although its ctime differs");
    private readonly Option<bool> _ignoreInode = Declare.Flag("--ignore-inode", "A file may be unchanged although its inode number differs");

    private readonly Option<string?> _databases = Declare.Choice(
        "--databases", "Capture SQLite databases in one consistent state each (default), or as any file", "consistent", "files");

    private Option[] All =>
    [
        .. _excludes.All, _ifPresent, _caches, _largerThan, _oneFileSystem, _filesFrom, _filesFromZero, _parent, _force, _checksum,
        _ignoreCtime, _ignoreInode, _databases,
    ];

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
            command.Options.Add(option);
    }

    /// <summary>Refuses them for a source that is not files.</summary>
    /// <exception cref="UsageException">One is given.</exception>
    public void RefuseGiven(CommandContext context, string source)
    {
        if (All.FirstOrDefault(option => context.Parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw new UsageException($"{given.Name} is about files and means nothing for the source {source}");
    }

    /// <summary>All paths, absolute, from arguments and lists.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public IReadOnlyList<byte[]> Paths(CommandContext context, IEnumerable<string> arguments)
    {
        List<byte[]> paths = [.. arguments.Select(PathArgument.Absolute)];
        foreach (string file in context.Values(_filesFrom))
            paths.AddRange(InputFile.Split(InputFile.Read(file), (byte)'\n').Select(PathArgument.Absolute));
        foreach (string file in context.Values(_filesFromZero))
            paths.AddRange(InputFile.Split(InputFile.Read(file), 0).Select(PathArgument.Absolute));
        return paths.Count > 0
            ? paths
            : throw new UsageException("nothing to snapshot: name at least one file or directory; see: snapstore snapshot --help");
    }

    /// <summary>What is to be captured and how.</summary>
    public FileSelection Read(CommandContext context, Func<Repository> open, IReadOnlyList<byte[]> paths)
    {
        bool force = context.Value(_force);
        string? parent = context.Value(_parent);
        if (force && parent is not null)
            throw new UsageException("--force and --parent contradict each other; give one");
        return new FileSelection
        {
            Paths = paths,
            Excludes = ReadExcludes(context),
            OneFileSystem = context.Value(_oneFileSystem),
            Parent = parent is null ? null : context.Selector(open()).Select(parent),
            Force = force,
            Checksum = context.Value(_checksum),
            IgnoreCtime = context.Value(_ignoreCtime),
            IgnoreInode = context.Value(_ignoreInode),
            Databases = context.Value(_databases) == "files" ? null : Databases.Sqlite.SqliteFiles.Consistently,
        };
    }

    private ExcludeRules ReadExcludes(CommandContext context)
    {
        List<IfPresentRule> ifPresent = [.. context.Values(_ifPresent).Select(IfPresentRule.Parse)];
        if (context.Value(_caches))
            ifPresent.Add(IfPresentRule.CacheDirectory);
        long largerThan = context.Value(_largerThan) is { } size ? Quantity.ParseBytes(size) : long.MaxValue;
        return _excludes.Read(context).With(ifPresent, largerThan);
    }
}
