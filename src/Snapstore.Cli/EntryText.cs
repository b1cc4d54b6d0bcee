using System.Globalization;
using System.Text.Json;
using Snapstore.Formats;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>Entries of snapshots as a line like `ls -l`'s, and as JSON (spec/cli.md, type "entry").</summary>
internal static class EntryText
{
    private const int SetUserId = 0x800, SetGroupId = 0x400, Sticky = 0x200;

    /// <summary>Mode, owner, size, time and name.</summary>
    public static string Long(TreeEntry entry, string name, TimeZoneInfo zone)
    {
        string owner = $"{OwnerName(entry.Owner.User, entry.Owner.Uid),-8} {OwnerName(entry.Owner.Group, entry.Owner.Gid),-8}";
        string attributes = entry.Attributes.Length > 0 ? "+" : " ";
        string target = entry.Kind == EntryKind.Symlink ? " -> " + PrintablePath.Of(entry.Target) : "";
        return $"{Mode(entry)}{attributes} {owner} {Size(entry),13} {LocalTime(entry.Mtime, zone)} {name}{target}";
    }

    /// <summary>An entry's name as lists show it: safe to print, a directory with a '/' at its end.</summary>
    public static string Name(ReadOnlySpan<byte> path, TreeEntry entry) =>
        PrintablePath.Of(path) + (entry.Kind == EntryKind.Directory && !path.EndsWith("/"u8) ? "/" : "");

    /// <summary>All fields of an entry.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> path, TreeEntry entry)
    {
        json.WritePath("path", path);
        json.WriteString("kind", Kind(entry.Kind));
        json.WriteString("mode", Convert.ToString(entry.Mode, 8).PadLeft(4, '0'));
        json.WriteNumber("uid", entry.Owner.Uid);
        json.WriteNumber("gid", entry.Owner.Gid);
        json.WriteString("user", entry.Owner.User);
        json.WriteString("group", entry.Owner.Group);
        json.WriteString("mtime", Time(entry.Mtime));
        WriteKindFields(json, entry);
        if (entry.IsHardLink)
        {
            json.WriteNumber("inode", entry.Inode);
            json.WriteNumber("links", entry.LinkCount);
        }

        if (entry.Attributes.Length > 0)
            json.WritePaths("attributes", [.. entry.Attributes.Select(attribute => attribute.Name)]);
    }

    /// <summary>The name of a kind in JSON.</summary>
    public static string Kind(EntryKind kind) => kind switch
    {
        EntryKind.File => "file",
        EntryKind.Directory => "directory",
        EntryKind.Symlink => "symlink",
        EntryKind.Fifo => "fifo",
        EntryKind.CharacterDevice => "character_device",
        _ => "block_device",
    };

    /// <summary>A time, UTC, ISO 8601 with nanoseconds.</summary>
    public static string Time(EntryTime time) =>
        Calendar(time).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + time.Nanoseconds.ToString("'.'000000000'Z'", CultureInfo.InvariantCulture);

    private static void WriteKindFields(Utf8JsonWriter json, TreeEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.File:
                json.WriteNumber("size", entry.Size);
                break;
            case EntryKind.Directory:
                json.WriteNumber("entries_below", entry.Below.Entries);
                json.WriteNumber("bytes_below", entry.Below.Bytes);
                break;
            case EntryKind.Symlink:
                json.WritePath("target", entry.Target);
                break;
            case EntryKind.CharacterDevice or EntryKind.BlockDevice:
                json.WriteNumber("major", entry.Rdev.Major);
                json.WriteNumber("minor", entry.Rdev.Minor);
                break;
        }
    }

    private static string Mode(TreeEntry entry)
    {
        Span<char> text = stackalloc char[10];
        text[0] = entry.Kind switch
        {
            EntryKind.Directory => 'd',
            EntryKind.Symlink => 'l',
            EntryKind.Fifo => 'p',
            EntryKind.CharacterDevice => 'c',
            EntryKind.BlockDevice => 'b',
            _ => '-',
        };
        for (int bit = 0; bit < 9; bit++)
            text[9 - bit] = (entry.Mode & (1 << bit)) != 0 ? "xwr"[bit % 3] : '-';
        Special(ref text[3], entry.Mode & SetUserId, 's');
        Special(ref text[6], entry.Mode & SetGroupId, 's');
        Special(ref text[9], entry.Mode & Sticky, 't');
        return new string(text);
    }

    private static void Special(ref char execute, int bit, char letter)
    {
        if (bit != 0)
            execute = execute == 'x' ? letter : char.ToUpperInvariant(letter);
    }

    private static string OwnerName(string name, uint number) =>
        name.Length > 0 ? Escaped.Text(name) : number.ToString(CultureInfo.InvariantCulture);

    private static string Size(TreeEntry entry) => entry.Kind switch
    {
        EntryKind.CharacterDevice or EntryKind.BlockDevice => string.Create(CultureInfo.InvariantCulture, $"{entry.Rdev.Major}, {entry.Rdev.Minor}"),
        EntryKind.Directory => entry.Below.Bytes.ToString(CultureInfo.InvariantCulture),
        EntryKind.Symlink => entry.Target.Length.ToString(CultureInfo.InvariantCulture),
        _ => entry.Size.ToString(CultureInfo.InvariantCulture),
    };

    private static string LocalTime(EntryTime time, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(Calendar(time), zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    // A time that no calendar here holds (only a hostile or broken file system has such) shows as the nearest that it does.
    private static DateTimeOffset Calendar(EntryTime time) => DateTimeOffset.FromUnixTimeSeconds(
        Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
}
