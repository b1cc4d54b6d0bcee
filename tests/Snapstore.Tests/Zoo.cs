using System.Text;
using Snapstore.Posix;

namespace Snapstore.Tests;

/// <summary>A tree with every kind of entry, name, size and metadata that a backup has to keep.</summary>
internal sealed class Zoo : IDisposable
{
    /// <summary>Sizes around every bound of chunks, entries, segments and buffers.</summary>
    public static readonly int[] Sizes =
    [
        0, 1, 199, 200, 201, 4095, 4096, 4097, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 96 << 10, (512 << 10) - 1, 512 << 10,
        (512 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20, (20 << 20) - 1, 20 << 20, (20 << 20) + 1,
    ];

    private readonly DirectoryHandle _root;
    private readonly string _path;

    private Zoo(string path)
    {
        Directory.CreateDirectory(path);
        _path = path;
        _root = DirectoryHandle.Open(Encoding.UTF8.GetBytes(path));
    }

    /// <summary>Builds the whole zoo at a path.</summary>
    public static void Build(string path)
    {
        using Zoo zoo = new(path);
        zoo.Names();
        zoo.Contents();
        zoo.Holes();
        zoo.Links();
        zoo.Nodes();
        zoo.Attributes();
        zoo.Directories();
        if (Users.IsRoot)
            zoo.Owners();
        zoo.Modes();
        zoo.Times();
    }

    public void Dispose() => _root.Dispose();

    private void Names()
    {
        using DirectoryHandle names = MakeDirectory(_root, "names");
        byte[][] all =
        [
            [0xff, 0xfe, 0x80], [0xc3, 0x28], "with\nnewline"u8.ToArray(), "with\ttab and space "u8.ToArray(), " "u8.ToArray(), "..."u8.ToArray(),
            "-rf"u8.ToArray(), "*"u8.ToArray(), "\\"u8.ToArray(), [1], [0x7f], "ä"u8.ToArray(), "a\u0308"u8.ToArray(), "日本語"u8.ToArray(),
            "Case"u8.ToArray(), "case"u8.ToArray(), [.. Enumerable.Repeat((byte)'n', 255)], [.. Enumerable.Repeat((byte)0xee, 255)],
        ];
        foreach (byte[] name in all)
            WriteFile(names, name, Encoding.Latin1.GetBytes("content of " + Convert.ToHexString(name)));
    }

    private void Contents()
    {
        using DirectoryHandle sizes = MakeDirectory(_root, "sizes");
        foreach (int size in Sizes)
            WriteFile(sizes, Encoding.UTF8.GetBytes($"{size}"), TestFiles.Bytes(size, size));
        WriteFile(sizes, "zeros"u8, new byte[3 << 20]);
        WriteFile(sizes, "repeats"u8, [.. Enumerable.Repeat(TestFiles.Bytes(1, 5000), 300).SelectMany(part => part)]);
    }

    private void Holes()
    {
        using DirectoryHandle sparse = MakeDirectory(_root, "sparse");
        foreach (long size in new long[] { 64 << 10, 8 << 20 })
        {
            Sparse(sparse, $"start-{size}", size, size - 8192);
            Sparse(sparse, $"middle-{size}", size, 0, size / 2, size - 4096);
            Sparse(sparse, $"end-{size}", size, 0);
            Sparse(sparse, $"all-{size}", size);
            Sparse(sparse, $"odd-{size}", size + 77, 4096);
        }

        Sparse(sparse, "huge", 1L << 40, 1L << 39);
        Sparse(sparse, "many", 40 << 20, [.. Enumerable.Range(0, 1200).Select(i => i * 32_768L)]);
    }

    private static void Sparse(DirectoryHandle directory, string name, long size, params long[] data)
    {
        using FileHandle file = directory.CreateFile(Encoding.UTF8.GetBytes(name), 0x1a4);
        file.SetLength(size);
        foreach (long offset in data)
            file.Write(offset, TestFiles.Bytes((int)(offset >> 12) + 1, 4096));
    }

    private void Links()
    {
        using DirectoryHandle links = MakeDirectory(_root, "links");
        using DirectoryHandle others = MakeDirectory(_root, "links-too");
        links.MakeSymlink("no/such/place"u8, "dangling"u8);
        links.MakeSymlink("loop-b"u8, "loop-a"u8);
        links.MakeSymlink("loop-a"u8, "loop-b"u8);
        links.MakeSymlink("/"u8, "to-root"u8);
        links.MakeSymlink(".."u8, "to-above"u8);
        links.MakeSymlink([0xff, (byte)'\n', (byte)'x'], "odd-target"u8);
        links.MakeSymlink(Enumerable.Repeat((byte)'t', 4000).ToArray(), "long-target"u8);
        WriteFile(links, "small-original"u8, "one file, three names"u8);
        WriteFile(links, "large-original"u8, TestFiles.Bytes(99, 2 << 20));
        links.MakeHardLink(links, "small-original"u8, "zz-same-directory"u8);
        others.MakeHardLink(links, "small-original"u8, "small"u8);
        others.MakeHardLink(links, "large-original"u8, "large"u8);
        others.MakeHardLink(links, "dangling"u8, "hard-link-of-symlink"u8);
        links.MakeNode("pipe"u8, FileKind.Fifo, 0x180, 0, 0);
        others.MakeHardLink(links, "pipe"u8, "hard-link-of-pipe"u8);
        WriteFile(links, "empty-original"u8, []);
        others.MakeHardLink(links, "empty-original"u8, "empty"u8);
    }

    private void Nodes()
    {
        using DirectoryHandle nodes = MakeDirectory(_root, "nodes");
        nodes.MakeNode("fifo"u8, FileKind.Fifo, 0x1b6, 0, 0);
        TestFiles.MakeSocket($"{_path}/nodes/socket");
        if (!Users.IsRoot)
            return;
        nodes.MakeNode("block"u8, FileKind.BlockDevice, 0x180, 7, 200);
        nodes.MakeNode("character"u8, FileKind.CharacterDevice, 0x1b6, 1, 3);
        nodes.MakeNode("large-numbers"u8, FileKind.CharacterDevice, 0x180, 4000, 1_000_000);
    }

    private void Attributes()
    {
        using DirectoryHandle attributes = MakeDirectory(_root, "attributes");
        WriteFile(attributes, "file"u8, "x"u8);
        WriteFile(attributes, "capability"u8, "#!/bin/sh\n"u8);
        WriteFile(attributes, "acl"u8, "y"u8);
        using (MakeDirectory(attributes, "directory"))
        using (DirectoryHandle acl = MakeDirectory(attributes, "default-acl"))
        {
            Set(attributes, "directory", "user.of-directory", "value"u8);
            WriteFile(acl, "without"u8, "made before the default ACL"u8);
            Set(attributes, "default-acl", "system.posix_acl_default", Acl);
        }

        Set(attributes, "file", "user.a", "1"u8);
        Set(attributes, "file", "user.empty", []);
        Set(attributes, "file", "user.binary", [0, 0xff, 10]);
        Set(attributes, "file", "user.long", TestFiles.Bytes(5, 2000));
        Set(attributes, "acl", "system.posix_acl_access", Acl);
        if (!Users.IsRoot)
            return;
        // cap_net_bind_service, effective and permitted.
        Set(attributes, "capability", "security.capability", Convert.FromHexString("0100000200040000000000000000000000000000"));
        attributes.MakeSymlink("file"u8, "link"u8);
        attributes.MakeNode("pipe"u8, FileKind.Fifo, 0x180, 0, 0);
        Set(attributes, "link", "trusted.of-link", "v"u8);
        Set(attributes, "pipe", "trusted.of-pipe", "v"u8);
    }

    // Version 2: user rw, user 1000 r, group r, mask r, others none.
    private static byte[] Acl => Convert.FromHexString("02000000" + "01000600ffffffff" + "02000400e8030000" + "04000400ffffffff" + "10000400ffffffff" + "20000000ffffffff");

    private void Directories()
    {
        MakeDirectory(_root, "empty-directory").Dispose();
        using DirectoryHandle many = MakeDirectory(_root, "many");
        for (int i = 0; i < 5000; i++)
            WriteFile(many, Encoding.UTF8.GetBytes($"{i * 7919 % 5000}"), i % 3 == 0 ? Encoding.UTF8.GetBytes($"number {i}") : []);
        // The path of the innermost file is longer than 4096 bytes, and beyond what one call could name.
        DirectoryHandle current = MakeDirectory(_root, "long-path");
        for (int i = 0; i < 30; i++)
            current = Descend(current, new string((char)('a' + (i % 26)), 200));
        WriteFile(current, "at-the-end"u8, TestFiles.Bytes(3, 10_000));
        current.Dispose();
        current = MakeDirectory(_root, "deep");
        for (int i = 0; i < 1000; i++)
            current = Descend(current, "d");
        WriteFile(current, "at-the-bottom"u8, "deep"u8);
        current.Dispose();
    }

    private static DirectoryHandle Descend(DirectoryHandle current, string name)
    {
        using DirectoryHandle above = current;
        return MakeDirectory(above, name);
    }

    private void Owners()
    {
        using DirectoryHandle owners = MakeDirectory(_root, "owners");
        WriteFile(owners, "daemon"u8, "d"u8);
        WriteFile(owners, "unknown"u8, "u"u8);
        owners.MakeSymlink("daemon"u8, "link"u8);
        owners.SetOwner("daemon"u8, 1, 2);
        owners.SetOwner("unknown"u8, 123_456, 4_000_000_000);
        owners.SetOwner("link"u8, 55, 66);
        _root.SetOwner("empty-directory"u8, 1000, 1000);
    }

    private void Modes()
    {
        using DirectoryHandle modes = MakeDirectory(_root, "modes");
        foreach (int mode in new[] { 0, 0x100, 0x1ff, 0x1a4, 0x800 | 0x1ed, 0x400 | 0x1ed, 0x200 | 0x1ff, 0xfff })
        {
            byte[] name = Encoding.UTF8.GetBytes(Convert.ToString(mode, 8));
            WriteFile(modes, name, "m"u8);
            if (Users.IsRoot)
                modes.SetOwner(name, 1, 1);
            modes.SetMode(name, mode);
            byte[] directory = [(byte)'d', .. name];
            modes.MakeDirectory(directory, 0x1ff);
            if (Users.IsRoot || (mode & 0x1c0) == 0x1c0)
                modes.SetMode(directory, mode);
        }
    }

    private void Times()
    {
        using DirectoryHandle times = MakeDirectory(_root, "times");
        (string Name, long Seconds, int Nanoseconds)[] all =
            [("before-1970", -1_000_000_000, 123_456_789), ("zero", 0, 0), ("last-nanosecond", 1_700_000_000, 999_999_999), ("minus-one", -1, 1), ("future", 4_000_000_000, 5)];
        foreach ((string name, long seconds, int nanoseconds) in all)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            WriteFile(times, bytes, bytes);
            times.SetTime(bytes, seconds, nanoseconds);
            MakeDirectory(times, name + "-directory").Dispose();
            times.SetTime(Encoding.UTF8.GetBytes(name + "-directory"), seconds, nanoseconds);
            times.MakeSymlink("x"u8, Encoding.UTF8.GetBytes(name + "-link"));
            times.SetTime(Encoding.UTF8.GetBytes(name + "-link"), seconds, nanoseconds);
        }

        _root.SetTime("times"u8, -5, 7);
        _root.SetTime("names"u8, 5, 6);
    }

    private static DirectoryHandle MakeDirectory(DirectoryHandle directory, string name)
    {
        directory.MakeDirectory(Encoding.UTF8.GetBytes(name), 0x1ed);
        return directory.OpenDirectory(Encoding.UTF8.GetBytes(name));
    }

    private static void WriteFile(DirectoryHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        using FileHandle file = directory.CreateFile(name, 0x1a4);
        file.Write(0, content);
    }

    private static void Set(DirectoryHandle directory, string name, string attribute, ReadOnlySpan<byte> value) =>
        ExtendedAttributes.Set(directory, Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(attribute), value);
}

/// <summary>One zoo for the tests that only look at it.</summary>
public sealed class SharedZoo : IDisposable
{
    private readonly TestDirectory _place = new();

    public SharedZoo() => Zoo.Build(Path);

    /// <summary>Where it is.</summary>
    public string Path => _place["zoo"];

    public void Dispose() => _place.Dispose();
}
