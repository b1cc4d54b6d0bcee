using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>Times that options take (spec/cli.md, "Times").</summary>
internal static class TimeArgument
{
    /// <summary>The first moment of what the text names, Unix nanoseconds.</summary>
    public static long Start(string text, TimeProvider time) => SnapshotTime.TryParseStart(text, time) ?? throw Bad(text);

    /// <summary>The last moment of what the text names, Unix nanoseconds.</summary>
    public static long End(string text, TimeProvider time) => SnapshotTime.TryParseEnd(text, time) ?? throw Bad(text);

    private static UsageException Bad(string text) =>
        new($"'{Escaped.Text(text)}' is not a time: write 2026-11-01, 2026-11-01T12:00, 2026-11-01T12:00:00Z or how long ago: 2d, 3h");
}
