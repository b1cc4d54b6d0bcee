using Snapstore.RemoteStorage.Sftp;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Sftp;

/// <summary>What lies on the server's disk, and in which order it gets there.</summary>
[Collection(SshCollection.Name)]
public sealed class SftpFolderTests(SshServer server)
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = server.NewFolder();

    [Fact]
    public void Files_and_folders_are_the_owners_alone_and_are_what_a_local_repository_is()
    {
        using (SftpStorage storage = Create())
        {
            Assert.True(storage.PutIfAbsent(Key("packs/aa/one"), "content"u8));
            using IPendingObject dropped = storage.BeginObject();
            dropped.Append(new byte[100_000]);
        }

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "tmp")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "packs/aa/one")));
        foreach (string folder in new[] { "", "tmp", "packs", "packs/aa" })
            Assert.Equal(FolderMode, File.GetUnixFileMode(Path.Combine(_folder, folder)));
        using LocalStorage local = LocalStorage.Open(_folder);
        Assert.Equal([new StoredObject(Key("packs/aa/one"), 7)], local.List(""));
    }

    [Fact]
    public void Bytes_are_durable_before_they_have_a_name_and_the_name_before_it_is_told()
    {
        string log = server.InFolder("calls");
        string command = server.WriteScript("traced", $"#!/bin/sh\nexec strace -f -y -o '{log}' -e trace=pwrite64,write,fsync,link,linkat,unlink,unlinkat {SshServer.FileServer}\n");
        using (SftpStorage storage = SftpStorage.Create(SshLocation.Parse($"sftp:unused:{_folder}"), new SshSettings { Command = command }))
        {
            storage.PutIfAbsent(Key("keys/first"), "content"u8);
            storage.PutIfAbsent(Key("keys/one"), new byte[100_000]);
            storage.Delete(Key("keys/one"));
        }

        string[] calls = [.. File.ReadLines(log).Where(line => line.Contains(_folder, StringComparison.Ordinal)).Select(Kind)];
        int link = Array.LastIndexOf(calls, "link");
        Assert.Equal(["write", "write", "write", "write", "fsync tmp"], calls[(link - 5)..link]);
        Assert.Equal(["link", "fsync keys", "unlink tmp", "unlink keys", "fsync keys"], calls[link..]);
    }

    [Fact]
    public void What_dead_writers_left_is_removed_after_a_week_and_nothing_else()
    {
        Create().Dispose();
        string Temporary(string name, int days)
        {
            string path = Path.Combine(_folder, "tmp", name);
            File.WriteAllText(path, "left");
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-days));
            return path;
        }

        string old = Temporary(new string('a', 32), 8), young = Temporary(new string('b', 32), 6), strange = Temporary("notes", 30);
        using SftpStorage storage = Create();
        storage.PutIfAbsent(StorageKey.Config, "content"u8);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
        Assert.True(File.Exists(strange));
    }

    [Fact]
    public void Links_and_pipes_are_no_objects()
    {
        using SftpStorage storage = Create();
        storage.PutIfAbsent(Key("keys/one"), "content"u8);
        File.CreateSymbolicLink(Path.Combine(_folder, "keys/link"), Path.Combine(_folder, "keys/one"));
        File.CreateSymbolicLink(Path.Combine(_folder, "index"), Path.Combine(_folder, "keys"));
        Assert.Equal(["keys/one"], storage.List("").Select(found => found.Key.Name));
        Assert.Null(storage.SizeOf(Key("keys/link")));
        Assert.Throws<ObjectMissingException>(() => storage.Read(Key("keys/link"), 0, new byte[1]));
        Assert.False(storage.PutIfAbsent(Key("keys/link"), "another"u8));
        Assert.Contains("not followed", Assert.Throws<StorageException>(() => storage.List("index/")).Message, StringComparison.Ordinal);
        Assert.Contains("not followed", Assert.Throws<StorageException>(() => storage.PutIfAbsent(Key("index/two"), "x"u8)).Message, StringComparison.Ordinal);
    }

    private static StorageKey Key(string name) => StorageKey.TryParse(name)!.Value;

    private static string Kind(string line)
    {
        string call = line.Split(' ', 2, StringSplitOptions.TrimEntries)[1];
        string name = call[..call.IndexOf('(', StringComparison.Ordinal)].Replace("pwrite64", "write", StringComparison.Ordinal).Replace("at", "", StringComparison.Ordinal);
        bool isTemporary = call.Contains("/tmp/", StringComparison.Ordinal) && call.Contains("/it/tmp", StringComparison.Ordinal);
        return name is "write" or "link" ? name : $"{name} {(isTemporary ? "tmp" : call.Contains("/it/keys", StringComparison.Ordinal) ? "keys" : "root")}";
    }

    private SftpStorage Create() => SftpStorage.Create(SshLocation.Parse(server.LocationOf(_folder)), server.Settings);
}
