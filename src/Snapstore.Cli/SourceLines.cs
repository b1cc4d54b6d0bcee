using Snapstore.Formats;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>What a manifest says of a database, or of the command whose output it holds, for people.</summary>
internal static class SourceLines
{
    /// <summary>The lines; none for files and standard input.</summary>
    public static IEnumerable<string> Of(Manifest manifest)
    {
        if (manifest.Database is { } database)
        {
            yield return $"  database     {Escaped.Text($"{database.Engine} {database.Version}".Trim())}: {Quantity.Count(database.Tables, "table")}, {Quantity.Count(database.Rows, "row")}";
            if (database.Consistency.Length > 0)
                yield return $"  consistency  {Escaped.Text(database.Consistency)}";
            if (database.Position.Count > 0)
                yield return $"  position     {Escaped.Text(string.Join(", ", database.Position.Select(pair => $"{pair.Name} {pair.Value}")))}";
        }
    }

    /// <summary>How the command ended whose output it is; none without a command.</summary>
    public static IEnumerable<string> OfCommand(Manifest manifest)
    {
        if (manifest.Command is not { } command)
            yield break;
        yield return $"  command      {Escaped.Text(string.Join(' ', command.Command))}: exit code {command.ExitCode} after {Quantity.Duration(command.Duration)}";
        ReadOnlySpan<byte> said = command.StderrTail.AsSpan().TrimEnd("\r\n "u8);
        string last = PrintablePath.Of(said[(said.LastIndexOf((byte)'\n') + 1)..]);
        if (last.Length > 0)
            yield return $"  it said      {last}";
    }
}
