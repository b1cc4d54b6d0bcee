using System.Globalization;
using System.Text.Json;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>A snapshot as a JSON object (spec/cli.md, type "snapshot") and its parts as text.</summary>
internal static class SnapshotJson
{
    /// <summary>All fields of a snapshot.</summary>
    public static void Write(Utf8JsonWriter json, Snapshot snapshot)
    {
        json.WriteString("id", snapshot.Id.ToString());
        json.WriteBoolean("held", snapshot.IsHeld);
        WriteManifest(json, snapshot.Manifest, snapshot.Tags);
    }

    /// <summary>The fields of a manifest, with its tags as they are now.</summary>
    public static void WriteManifest(Utf8JsonWriter json, Manifest manifest, IEnumerable<string> tags)
    {
        json.WriteTime("time", manifest.TimeNanoseconds);
        json.WriteTime("start", manifest.StartNanoseconds);
        json.WriteTime("end", manifest.EndNanoseconds);
        json.WriteString("host", manifest.Host);
        json.WriteString("user", manifest.User);
        json.WriteString("source", Source(manifest.Source));
        json.WritePaths("paths", manifest.Paths);
        json.WriteTexts("tags", tags);
        json.WriteString("program", manifest.Program);
        if (manifest.Parent is { } parent)
            json.WriteString("parent", parent.ToString());
        if (manifest.RepairOf is { } damaged)
            json.WriteString("repair_of", damaged.ToString());
        if (manifest.Origin is { } origin)
        {
            json.WriteStartObject("origin");
            json.WriteString("repository", origin.Repository.ToString());
            json.WriteString("snapshot", origin.Snapshot.ToString());
            json.WriteEndObject();
        }

        json.WriteNumber("sequence", manifest.Sequence);
        WriteCounts(json, manifest.Counts);
        json.WriteNumber("warnings", manifest.WarningCount);
        if (manifest.Excludes.Count > 0)
            json.WriteTexts("excludes", manifest.Excludes);
        if (manifest.Command is { } command)
            WriteCommand(json, command);
        if (manifest.Database is { } database)
            WriteDatabase(json, database);
    }

    /// <summary>What is special about a snapshot, for people.</summary>
    public static IEnumerable<string> Marks(Snapshot snapshot)
    {
        if (snapshot.IsHeld)
            yield return "(held)";
        if (snapshot.Manifest.RepairOf is not null)
            yield return "(repaired)";
        if (snapshot.Manifest.Origin is not null)
            yield return "(copy)";
    }

    /// <summary>Of which host and what a snapshot was taken, for people.</summary>
    public static string Title(Snapshot snapshot) =>
        $"{Escaped.Text(snapshot.Manifest.Host)}: {string.Join(", ", snapshot.Manifest.Paths.Select(path => PrintablePath.Of(path)))}";

    /// <summary>The snapshot's time where the user is: 2026-11-01 03:00:12.</summary>
    public static string LocalTime(long nanoseconds, TimeProvider time) =>
        TimeZoneInfo.ConvertTime(UnixTime.FromNanoseconds(nanoseconds), time.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Source(SourceKind kind) => kind switch
    {
        SourceKind.Files => "files",
        SourceKind.Stream => "stream",
        SourceKind.Command => "command",
        SourceKind.Database => "database",
        _ => "unknown",
    };

    private static void WriteCounts(Utf8JsonWriter json, SnapshotCounts counts)
    {
        (string Name, long Value)[] fields =
        [
            ("files", counts.Files), ("directories", counts.Directories), ("others", counts.Others), ("bytes", counts.Bytes),
            ("files_new", counts.FilesNew), ("files_changed", counts.FilesChanged), ("files_unchanged", counts.FilesUnchanged),
            ("directories_unchanged", counts.DirectoriesUnchanged),
            ("data_blobs_new", counts.DataBlobsNew), ("data_bytes_new", counts.DataBytesNew),
            ("delta_blobs_new", counts.DeltaBlobsNew), ("delta_bytes_new", counts.DeltaBytesNew),
            ("meta_blobs_new", counts.MetaBlobsNew), ("meta_bytes_new", counts.MetaBytesNew),
            ("bytes_stored", counts.BytesStored),
        ];
        foreach ((string name, long value) in fields)
            json.WriteNumber(name, value);
    }

    private static void WriteDatabase(Utf8JsonWriter json, DatabaseFacts database)
    {
        json.WriteStartObject("database");
        json.WriteString("engine", database.Engine);
        json.WriteString("version", database.Version);
        json.WriteString("consistency", database.Consistency);
        json.WriteStartObject("position");
        foreach ((string name, string value) in database.Position)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteNumber("tables", database.Tables);
        json.WriteNumber("rows", database.Rows);
        json.WriteEndObject();
    }

    private static void WriteCommand(Utf8JsonWriter json, CommandFacts command)
    {
        json.WriteTexts("command", command.Command);
        json.WriteNumber("command_seconds", command.Duration.TotalSeconds);
        if (command.StderrTail.Length > 0)
            json.WriteString("command_stderr", System.Text.Encoding.UTF8.GetString(command.StderrTail));
    }
}
