using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace Snapstore.Posix;

/// <summary>Names of users and groups, and what this process may do.</summary>
internal static unsafe class Users
{
    private const int CachedMax = 100_000;
    private const int BufferSizeMin = 16 << 10, BufferSizeMax = 16 << 20;
    private const int OpenFilesResource = 7;

    private static readonly ConcurrentDictionary<uint, string> UserNames = [];
    private static readonly ConcurrentDictionary<uint, string> GroupNames = [];

    /// <summary>True where this process may set owners and make devices.</summary>
    public static bool IsRoot => Native.geteuid() == 0;

    /// <summary>The user's name; "" where there is none.</summary>
    public static string NameOfUser(uint uid) => Cached(UserNames, uid, LookUpUser);

    /// <summary>The group's name; "" where there is none.</summary>
    public static string NameOfGroup(uint gid) => Cached(GroupNames, gid, LookUpGroup);

    /// <summary>The number of a user; null where there is none of this name.</summary>
    public static uint? IdOfUser(string name)
    {
        uint? found = null;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            byte* pinned = text;
            LookUp((buffer, size) =>
            {
                Native.PasswordEntry entry;
                Native.PasswordEntry* result = null;
                int error = Native.getpwnam_r(pinned, &entry, buffer, size, &result);
                found = error == 0 && result != null ? entry.Uid : null;
                return (error, "");
            });
        }

        return found;
    }

    /// <summary>The number of a group; null where there is none of this name.</summary>
    public static uint? IdOfGroup(string name)
    {
        uint? found = null;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            byte* pinned = text;
            LookUp((buffer, size) =>
            {
                Native.GroupEntry entry;
                Native.GroupEntry* result = null;
                int error = Native.getgrnam_r(pinned, &entry, buffer, size, &result);
                found = error == 0 && result != null ? entry.Gid : null;
                return (error, "");
            });
        }

        return found;
    }

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

    private static string LookUpUser(uint uid) => LookUp((buffer, size) =>
    {
        Native.PasswordEntry entry;
        Native.PasswordEntry* result = null;
        int error = Native.getpwuid_r(uid, &entry, buffer, size, &result);
        return (error, error == 0 && result != null ? NameAt(entry.Name) : "");
    });

    private static string LookUpGroup(uint gid) => LookUp((buffer, size) =>
    {
        Native.GroupEntry entry;
        Native.GroupEntry* result = null;
        int error = Native.getgrgid_r(gid, &entry, buffer, size, &result);
        return (error, error == 0 && result != null ? NameAt(entry.Name) : "");
    });

    // A group with thousands of members needs a buffer that holds all their names.
    private static string LookUp(LookUpCall call)
    {
        for (int size = BufferSizeMin; size <= BufferSizeMax;)
        {
            byte* buffer = (byte*)NativeMemory.Alloc((nuint)size);
            (int error, string name) = call(buffer, (nuint)size);
            NativeMemory.Free(buffer);
            if (error is not (Errno.Range or Errno.Interrupted))
                return name;
            size = error == Errno.Range ? size * 4 : size;
        }

        return "";
    }

    private static string NameAt(byte* name) => Marshal.PtrToStringUTF8((nint)name) ?? "";

    private delegate (int Error, string Name) LookUpCall(byte* buffer, nuint size);
}
