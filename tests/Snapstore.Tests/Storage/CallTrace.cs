using System.Globalization;
using System.Text.RegularExpressions;

namespace Snapstore.Tests.Storage;

/// <summary>One system call below the folder that is watched; for fsync and write only the path is known.</summary>
internal sealed record TracedCall(string Name, string Path, string NewPath, bool IsGood);

/// <summary>The system calls of a child process that concern one folder, as strace saw them, in their order.</summary>
internal static partial class CallTrace
{
    private const string Calls = "trace=fsync,renameat2,linkat,unlinkat,mkdirat,pwrite64,getdents64,openat";

    /// <summary>Runs <see cref="ChildProgram"/> under strace; its output and its calls.</summary>
    public static (string Output, TracedCall[] Calls) Run(string folder, string[] straceOptions, params string[] verb)
    {
        using TemporaryFolder traces = new();
        string output = Tool.Run("strace", ["-qq", "-ff", "-y", "-s", "4096", "-e", Calls, .. straceOptions, "-o", traces["thread"], .. Tool.Child(verb)]);
        // A file per thread: the storage is used by one of them.
        string[] lines = Directory.EnumerateFiles(traces.Path)
            .Select(File.ReadAllLines)
            .OrderByDescending(thread => thread.Count(line => line.Contains(folder, StringComparison.Ordinal)))
            .First();
        return (output, [.. lines.Select(Parse).OfType<TracedCall>().Where(call => call.Path.StartsWith(folder, StringComparison.Ordinal))]);
    }

    private static TracedCall? Parse(string line)
    {
        bool isGood = !Failed().IsMatch(line);
        if (TwoNames().Match(line) is { Success: true } two)
            return new(two.Groups[1].Value, $"{two.Groups[2].Value}/{two.Groups[3].Value}", $"{two.Groups[4].Value}/{two.Groups[5].Value}", isGood);
        if (OneName().Match(line) is { Success: true } one)
            return new(one.Groups[1].Value, $"{one.Groups[2].Value}/{one.Groups[3].Value}", "", isGood);
        return DescriptorOnly().Match(line) is { Success: true } file
            ? new(file.Groups[1].Value, file.Groups[2].Value, "", isGood)
            : null;
    }

    [GeneratedRegex(@"\) += -1 ")]
    private static partial Regex Failed();

    [GeneratedRegex("""^(renameat2|linkat)\(\d+<(.*?)>, "(.*?)", \d+<(.*?)>, "(.*?)", """)]
    private static partial Regex TwoNames();

    [GeneratedRegex("""^(unlinkat|mkdirat)\(\d+<(.*?)>, "(.*?)", """)]
    private static partial Regex OneName();

    [GeneratedRegex("""^(fsync|pwrite64|getdents64)\(\d+<(.*?)>""")]
    private static partial Regex DescriptorOnly();
}

/// <summary>Holds a trace against "Order of a local write" in spec/storage.md.</summary>
internal static class WriteOrder
{
    /// <summary>What is wrong with the order of these calls; nothing, if all is well.</summary>
    public static IEnumerable<string> Faults(string root, TracedCall[] calls)
    {
        for (int i = 0; i < calls.Length; i++)
        {
            TracedCall call = calls[i];
            if (call is { Name: "renameat2" or "linkat", IsGood: true })
            {
                foreach (string fault in FaultsOfPublishing(root, calls, i))
                    yield return fault;
            }

            bool isDeletion = call.Name == "unlinkat" && Path.GetDirectoryName(call.Path) != root + "/tmp";
            if (isDeletion && !IsSyncedBetween(calls, Path.GetDirectoryName(call.Path)!, i, NextChange(calls, i)))
                yield return $"{call.Path} is deleted, its folder not synced";
        }
    }

    private static IEnumerable<string> FaultsOfPublishing(string root, TracedCall[] calls, int at)
    {
        TracedCall call = calls[at];
        string folder = Path.GetDirectoryName(call.NewPath)!;
        int lastWrite = Array.FindLastIndex(calls, at, c => c.Name == "pwrite64" && c.Path == call.Path);
        if (!IsSyncedBetween(calls, call.Path, lastWrite, at))
            yield return string.Create(CultureInfo.InvariantCulture, $"call {at}: {call.NewPath} is published, its content not synced");
        if (!IsSyncedBetween(calls, folder, at, NextChange(calls, at)))
            yield return string.Create(CultureInfo.InvariantCulture, $"call {at}: {call.NewPath} is published, its folder not synced");
        for (string inner = folder; inner.Length >= root.Length; inner = Path.GetDirectoryName(inner)!)
        {
            int made = Array.FindIndex(calls, c => c.Name == "mkdirat" && c.Path == inner);
            bool mustBeSynced = inner != root || made >= 0;
            if (mustBeSynced && !IsSyncedBetween(calls, Path.GetDirectoryName(inner)!, made, at))
                yield return string.Create(CultureInfo.InvariantCulture, $"call {at}: {call.NewPath} is published, the name of {inner} not synced");
        }
    }

    private static bool IsSyncedBetween(TracedCall[] calls, string path, int after, int before) =>
        calls[(after + 1)..before].Any(call => call is { Name: "fsync", IsGood: true } && call.Path == path);

    // A sync must come before the next step that may rely on it: another publishing, another deletion, the end.
    private static int NextChange(TracedCall[] calls, int at)
    {
        int next = Array.FindIndex(calls, at + 1, call => call.Name is "renameat2" or "pwrite64");
        return next < 0 ? calls.Length : next;
    }
}
