using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>Files whose presence says that their directory is not worth keeping, such as CACHEDIR.TAG.</summary>
internal static class ExcludeTag
{
    /// <summary>The name of the first such file in a directory; null where there is none.</summary>
    public static byte[]? Find(ExcludeRules rules, DirectoryHandle directory, DirectoryNames names)
    {
        foreach (IfPresentRule rule in rules.IfPresent)
        {
            if (names.Contains(rule.Name) && HasHeader(directory, rule.Name, rule.Header))
                return rule.Name;
        }

        return null;
    }

    private static bool HasHeader(DirectoryHandle directory, byte[] name, byte[] header)
    {
        if (header.Length == 0)
            return true;
        try
        {
            using FileHandle file = directory.OpenForReading(name);
            byte[] start = new byte[header.Length];
            return file.Read(0, start) == header.Length && start.AsSpan().SequenceEqual(header);
        }
        catch (PosixException)
        {
            return false;
        }
    }
}
