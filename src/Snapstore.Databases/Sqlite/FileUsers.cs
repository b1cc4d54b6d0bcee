using System.Globalization;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Databases.Sqlite;

/// <summary>Who has a file open, as far as this user may see: a program that keeps a database open between its transactions
/// holds no lock that would show it.</summary>
internal static class FileUsers
{
    /// <summary>The processes that have the file or its companions open, but this one, as `1234 (name)`.</summary>
    public static List<string> Of(string path)
    {
        List<string> users = [];
        if (!File.Exists(path))
            return users;
        // What /proc shows is the path without links, also of the directories on the way.
        using FileHandle own = StillFile.Open(Encoding.UTF8.GetBytes(path));
        string real = new FileInfo($"/proc/self/fd/{own.Descriptor}").LinkTarget ?? path;
        string[] names = [real, real + "-wal", real + "-shm", real + "-journal"];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            bool isProcess = int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
            if (isProcess && id != Environment.ProcessId && Opens(process, names))
                users.Add($"{id} ({NameOf(process)})");
        }

        return users;
    }

    private static bool Opens(string process, string[] names)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{process}/fd")
                .Any(link => new FileInfo(link).LinkTarget is { } target && names.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is another user's, or has ended meanwhile.
            return false;
        }
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "unknown";
        }
    }
}
