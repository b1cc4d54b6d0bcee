using System.Diagnostics;
using System.Text;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;

namespace Snapstore.Tests.Browse;

/// <summary>What GNU tar makes of an archive. Names are Latin-1 of their bytes.</summary>
public sealed class TarExportTests
{
    [Fact]
    public void Gnu_tar_restores_names_of_any_bytes_and_length()
    {
        TestTree[] root =
        [
            TestTree.File("plain", "1"),
            TestTree.File("line\nbreak", "2"),
            TestTree.File("\xff\xfe", "3"),
            TestTree.File("\xc3\xa4", "4"),
            TestTree.File(new string('n', 255), "5"),
            TestTree.File("\xff" + new string('m', 200), "6"),
            TestTree.Directory(new string('d', 150), TestTree.Directory(new string('e', 200), TestTree.File(new string('f', 99), "7"))),
            TestTree.Directory("empty"),
            TestTree.Symlink("dangling", new string('t', 300)),
            TestTree.Symlink("short", "plain"),
            TestTree.File("-rf", "8"),
        ];
        using ExtractedTar extracted = new(root);
        List<string> expected = [.. TestTree.Directory("", root).Below().Select(p => $"{p.Tree.Entry.Kind} {p.Path} {Encoding.Latin1.GetString(p.Tree.Content())}{Encoding.Latin1.GetString(p.Tree.Entry.Target)}")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), extracted.Describe().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Gnu_tar_restores_times_modes_owners_links_and_attributes()
    {
        TestTree[] root =
        [
            TestTree.File("times", "1").With(e => e with { Mtime = new EntryTime(-2, 250_000_000), Mode = 0xfff }),
            TestTree.File("future", "1").With(e => e with { Mtime = new EntryTime(1L << 33, 1) }),
            TestTree.File("owner", "1").With(e => e with { Owner = new EntryOwner(3_000_000, 4_000_000, "", "") }),
            TestTree.File("first", "linked").With(Linked),
            TestTree.Directory("z", TestTree.File("second", "linked").With(Linked)),
            TestTree.Other("fifo", EntryKind.Fifo),
            TestTree.Other("device", EntryKind.CharacterDevice, 1, 3),
            TestTree.File("attributes", "1").With(e => e with
            {
                Attributes = [new("user.a=%b"u8.ToArray(), [0, 1, 255, 10]), new("user.empty"u8.ToArray(), [])],
            }),
        ];
        using ExtractedTar extracted = new(root);
        Assert.Equal("-1.750000000 7777", extracted.Run("stat", "-c", "%.9Y %a", "times").Trim());
        Assert.Equal("8589934592.000000001", extracted.Run("stat", "-c", "%.9Y", "future").Trim());
        Assert.Equal("2", extracted.Run("stat", "-c", "%h", "first").Trim());
        Assert.Equal(extracted.Run("stat", "-c", "%i", "first"), extracted.Run("stat", "-c", "%i", "z/second"));
        Assert.Equal("fifo", extracted.Run("stat", "-c", "%F", "fifo").Trim());
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Equal("3000000 4000000", extracted.Run("stat", "-c", "%u %g", "owner").Trim());
            Assert.Equal("1 3", extracted.Run("stat", "-c", "%t %T", "device").Trim());
        }

        Assert.Contains(@"user.a\075%b=0x0001ff0a", extracted.Run("getfattr", "-d", "-e", "hex", "attributes"), StringComparison.Ordinal);
        Assert.Contains("user.empty", extracted.Run("getfattr", "-d", "-e", "hex", "attributes"), StringComparison.Ordinal);

        static TreeEntry Linked(TreeEntry entry) => entry with { Inode = 5, Device = 1, LinkCount = 2 };
    }

    [Fact]
    public void Gnu_tar_restores_sparse_files_sparse()
    {
        const long Huge = 20L << 30;
        TestTree[] root =
        [
            TestTree.File("hole", ContentPart.Hole(Huge)),
            TestTree.File("ends", ContentPart.Noise(70_000, 1), ContentPart.Noise(10, 5), ContentPart.Hole(Huge)),
            TestTree.File("starts", ContentPart.Hole(1 << 20), ContentPart.Noise(70_001, 2)),
            TestTree.File("many", [.. Enumerable.Range(0, 400).SelectMany(i => new[] { ContentPart.Hole(65_536), ContentPart.Noise(4096, i) })]),
            TestTree.Directory(new string('d', 200), TestTree.File("\xff", ContentPart.Hole(1 << 20))),
            TestTree.File("after", "dense"),
        ];
        using ExtractedTar extracted = new(root);
        Assert.InRange(extracted.ArchiveSize, 1, 4 << 20);
        Assert.Equal("21474836480 0", extracted.Run("stat", "-c", "%s %b", "hole").Trim());
        Assert.Equal((Huge + 70_010).ToString(System.Globalization.CultureInfo.InvariantCulture), extracted.Run("stat", "-c", "%s", "ends").Trim());
        Assert.Equal(root[1].Parts[0].Bytes!, extracted.Start("ends", 70_000));
        Assert.Equal(root[2].Content(), extracted.Start("starts", (1 << 20) + 70_001));
        Assert.Equal(root[3].Content(), extracted.Start("many", 400 * (65_536 + 4096)));
        Assert.Equal("dense", extracted.Run("cat", "after"));
    }

    [Fact]
    public void Writes_a_directory_under_names_relative_to_it_and_a_file_under_its_own()
    {
        TestTree[] root = [TestTree.Directory("a", TestTree.Directory("b", TestTree.File("c", "1")), TestTree.File("d", "2"))];
        using ExtractedTar directory = new(root, "/a");
        Assert.Equal(["Directory /b ", "File /b/c 1", "File /d 2"], directory.Describe().Order(StringComparer.Ordinal));
        using ExtractedTar file = new(root, "/a/b/c");
        Assert.Equal(["File /c 1"], file.Describe());
    }

    /// <summary>A tree, stored, exported and extracted by GNU tar.</summary>
    private sealed class ExtractedTar : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("snapstore-tar-").FullName;

        public ExtractedTar(TestTree[] root, string path = "")
        {
            using BrowsedRepository test = new();
            Snapshot snapshot = test.Take(root);
            string archive = _directory + ".tar";
            using (FileStream output = File.Create(archive))
            {
                ExportReport report = TarExport.Run(
                    test.Repository, new SnapshotPath(snapshot, Encoding.UTF8.GetBytes(path)), output, new ExportOptions { Warn = Assert.Fail }, CancellationToken.None);
                Assert.Equal(0, report.Warnings);
                ArchiveSize = output.Length;
            }

            Run("tar", "-xpf", archive, "--xattrs", "--xattrs-include=*", "--numeric-owner", "--delay-directory-restore");
            File.Delete(archive);
        }

        public long ArchiveSize { get; }

        /// <summary>What a command says, run in the directory.</summary>
        public string Run(string command, params string[] arguments)
        {
            ProcessStartInfo start = new(command, arguments) { WorkingDirectory = _directory, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["LC_ALL"] = "C.UTF-8";
            using Process process = Process.Start(start)!;
            string said = process.StandardOutput.ReadToEnd();
            string complained = process.StandardError.ReadToEnd();
            process.WaitForExit();
            bool isWell = process.ExitCode == 0 || (command == "tar" && complained.Split('\n').All(IsHarmless));
            Assert.True(isWell, $"{command} ended with {process.ExitCode}: {complained}");
            return said;
        }

        public byte[] Start(string name, int length)
        {
            byte[] bytes = new byte[length];
            using FileStream file = File.OpenRead(Path.Combine(_directory, name));
            file.ReadExactly(bytes);
            return bytes;
        }

        public List<string> Describe()
        {
            using DirectoryHandle root = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_directory));
            return Describe(root, "");
        }

        // Names that are no UTF-8 are beyond what .NET can delete.
        public void Dispose() => Run("rm", "-rf", _directory);

        // Only root makes devices; what tar says of its end is then no news.
        private static bool IsHarmless(string line) =>
            line.Length == 0 || line.Contains("Cannot mknod", StringComparison.Ordinal) || line.Contains("previous errors", StringComparison.Ordinal);

        private static List<string> Describe(DirectoryHandle directory, string path)
        {
            List<string> found = [];
            using DirectoryNames names = directory.ReadNames();
            for (int i = 0; i < names.Count; i++)
            {
                byte[] name = names[i].ToArray();
                string full = path + "/" + Encoding.Latin1.GetString(name);
                FileKind kind = directory.Stat(name).Kind;
                found.Add($"{kind} {full} {ContentOf(directory, name, kind)}");
                if (kind != FileKind.Directory)
                    continue;
                using DirectoryHandle below = directory.OpenDirectory(name);
                found.AddRange(Describe(below, full));
            }

            return found;
        }

        private static string ContentOf(DirectoryHandle directory, byte[] name, FileKind kind)
        {
            if (kind == FileKind.Symlink)
                return Encoding.Latin1.GetString(directory.ReadLink(name));
            if (kind != FileKind.File)
                return "";
            using FileHandle file = directory.OpenForReading(name);
            byte[] bytes = new byte[4096];
            return Encoding.Latin1.GetString(bytes, 0, file.Read(0, bytes));
        }
    }
}
