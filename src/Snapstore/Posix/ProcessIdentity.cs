using System.Globalization;

namespace Snapstore.Posix;

/// <summary>Which process of which machine: so that another process can tell whether it has ended.</summary>
/// <remarks>Text: machine id, boot id, pid namespace, start of the process in clock ticks since boot, parted by spaces. Linux only;
/// elsewhere "", which is never found to have ended.</remarks>
internal static class ProcessIdentity
{
    private const int StartTimeField = 22;

    /// <summary>This process; "" where that cannot be told.</summary>
    public static string Current { get; } = Describe(Environment.ProcessId);

    /// <summary>True where the process has certainly ended: it ran on this machine, in what this process can see.</summary>
    public static bool HasEnded(string identity, int processId)
    {
        string[] then = identity.Split(' ');
        string[] here = Current.Split(' ');
        if (then.Length != 4 || here.Length != 4 || then[0] != here[0])
            return false;
        // Another boot of this machine ended all its processes; of this boot only those are seen that share the namespace.
        if (then[1] != here[1])
            return true;
        return then[2] == here[2] && StartOf(processId) != then[3];
    }

    private static string Describe(int processId)
    {
        string machine = FirstLine("/etc/machine-id");
        string boot = FirstLine("/proc/sys/kernel/random/boot_id");
        string pids = LinkTarget("/proc/self/ns/pid");
        string start = StartOf(processId);
        return machine.Length > 0 && boot.Length > 0 && pids.Length > 0 && start.Length > 0 ? $"{machine} {boot} {pids} {start}" : "";
    }

    // The program's name stands in brackets before the fields and may hold anything, brackets too.
    private static string StartOf(int processId)
    {
        string line = FirstLine(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
        string[] fields = line[(line.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTimeField - 3 ? fields[StartTimeField - 3] : "";
    }

    private static string FirstLine(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault("").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget?.Replace(' ', '_') ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
