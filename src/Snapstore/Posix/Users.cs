using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Snapstore.Posix;

/// <summary>Names of users and groups, and what this process may do.</summary>
internal static unsafe class Users
{
    private const int CachedMax = 100_000;
    private const int OpenFilesResource = 7;

    private static readonly ConcurrentDictionary<uint, string> UserNames = [];
    private static readonly ConcurrentDictionary<uint, string> GroupNames = [];

    /// <summary>True where this process may set owners and make devices.</summary>
    public static bool IsRoot => Native.geteuid() == 0;

    /// <summary>The user's name; "" where there is none.</summary>
    public static string NameOfUser(uint uid) => Cached(UserNames, uid, LookUpUser);

    /// <summary>The group's name; "" where there is none.</summary>
    public static string NameOfGroup(uint gid) => Cached(GroupNames, gid, LookUpGroup);

    /// <summary>Lets this process open as many files as the system allows it.</summary>
    public static void RaiseOpenFileLimit()
    {
        Native.ResourceLimit limit;
        if (Native.getrlimit(OpenFilesResource, &limit) == 0 && limit.Soft < limit.Hard)
        {
            limit.Soft = limit.Hard;
            _ = Native.setrlimit(OpenFilesResource, &limit);
        }
    }

    private static string Cached(ConcurrentDictionary<uint, string> names, uint id, Func<uint, string> lookUp)
    {
        if (names.TryGetValue(id, out string? name))
            return name;
        name = lookUp(id);
        if (names.Count < CachedMax)
            names[id] = name;
        return name;
    }

    private static string LookUpUser(uint uid)
    {
        Native.PasswordEntry entry;
        Native.PasswordEntry* result = null;
        byte[] buffer = new byte[16 << 10];
        fixed (byte* pointer = buffer)
        {
            return Native.getpwuid_r(uid, &entry, pointer, (nuint)buffer.Length, &result) == 0 && result != null
                ? Marshal.PtrToStringUTF8((nint)entry.Name) ?? ""
                : "";
        }
    }

    private static string LookUpGroup(uint gid)
    {
        Native.GroupEntry entry;
        Native.GroupEntry* result = null;
        byte[] buffer = new byte[64 << 10];
        fixed (byte* pointer = buffer)
        {
            return Native.getgrgid_r(gid, &entry, pointer, (nuint)buffer.Length, &result) == 0 && result != null
                ? Marshal.PtrToStringUTF8((nint)entry.Name) ?? ""
                : "";
        }
    }
}
