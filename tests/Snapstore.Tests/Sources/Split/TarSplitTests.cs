using Snapstore.Backup;
using Snapstore.Sources.Split;

namespace Snapstore.Tests.Sources.Split;

/// <summary>Archives of the real programs: what comes back is what these programs extract.</summary>
public sealed class TarSplitTests
{
    [Fact]
    public void The_zoo_comes_back_as_it_was()
    {
        using TestDirectory place = new();
        Zoo.Build(place["zoo"]);
        Tool.Run("tar", "--format=pax", "--sparse", "--xattrs", "--xattrs-include=*", "-C", place["zoo"], "-cf", place["zoo.tar"], ".");
        SplitStream split = new(SplitFormat.Tar);
        BackupReport taken = split.Take(File.ReadAllBytes(place["zoo.tar"]));
        Assert.Equal(0, taken.Warnings.Total);
        split.Restore(taken, place["restored"]);
        // Of a pipe of two names, GNU tar makes two pipes.
        TreeLook.AssertSame(TreeLook.Of(place["zoo"]), TreeLook.Of(place["restored"]), "/links/pipe", "/links-too/hard-link-of-pipe");
    }

    [Theory]
    [InlineData("tar", "--format=oldgnu", "--sparse")]
    [InlineData("tar", "--format=ustar")]
    [InlineData("tar", "--format=pax", "--sparse", "--sparse-version=0.0")]
    [InlineData("tar", "--format=pax", "--sparse", "--sparse-version=0.1")]
    [InlineData("tar", "--format=pax", "--sparse", "--sparse-version=1.0")]
    [InlineData("tar", "--format=gnu", "--blocking-factor=1")]
    [InlineData("bsdtar", "--format=pax")]
    [InlineData("bsdtar", "--format=gnutar")]
    [InlineData("bsdtar", "--format=ustar")]
    [InlineData("bsdtar", "--format=v7tar")]
    public void Every_form_of_archive_comes_back_as_its_program_extracts_it(string program, params string[] options)
    {
        using TestDirectory place = new();
        BuildPlain(place.Make("tree"), withNodes: options[0] is not "--format=v7tar");
        Tool.Run(program, [.. options, "-C", place["tree"], "-cf", place["tree.tar"], "."]);
        AssertSame(place, place["tree.tar"], program, []);
    }

    [Fact]
    public void Access_lists_of_libarchive_come_back()
    {
        using TestDirectory place = new();
        TestFiles.Write(place.Make("tree") + "/file", "x");
        Tool.Run("setfacl", "-m", "u:1234:rw,g:77:r", place["tree/file"]);
        Tool.Run("bsdtar", "--format=pax", "--acls", "-C", place["tree"], "-cf", place["tree.tar"], "file");
        SplitStream split = new(SplitFormat.Tar);
        split.Restore(split.Take(File.ReadAllBytes(place["tree.tar"])), place["restored"]);
        Assert.Equal(Tool.Run("getfacl", "-pcn", place["tree/file"]), Tool.Run("getfacl", "-pcn", place["restored/file"]));
    }

    [Fact]
    public void The_second_archive_of_the_same_files_stores_nothing()
    {
        using TestDirectory place = new();
        BuildPlain(place.Make("tree"), withNodes: true);
        SplitStream split = new(SplitFormat.Tar);
        foreach (string sort in new[] { "--sort=name", "--sort=none" })
        {
            Tool.Run("tar", "--format=pax", sort, "-C", place["tree"], "-cf", place["tree.tar"], ".");
            BackupReport taken = split.Take(File.ReadAllBytes(place["tree.tar"]));
            if (sort == "--sort=none")
                Assert.Equal((0, 0, taken.Manifest.Counts.Files), (taken.Manifest.Counts.FilesNew, taken.Manifest.Counts.FilesChanged, taken.Manifest.Counts.FilesUnchanged));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Bytes_come_as_a_pipe_gives_them(int workers)
    {
        using TestDirectory place = new();
        TestFiles.Write(place.Make("tree") + "/large", TestFiles.Bytes(1, 3 << 20));
        TestFiles.Write(place["tree/small"], TestFiles.Bytes(2, 1000));
        Tool.Run("tar", "--format=pax", "-C", place["tree"], "-cf", place["tree.tar"], "large", "small");
        SplitStream split = new(SplitFormat.Tar, workers);
        BackupReport taken = split.Take(new Dribble(File.ReadAllBytes(place["tree.tar"]), 4099));
        split.Restore(taken, place["restored"]);
        TreeLook.AssertSame(TreeLook.Of(place["tree"]), TreeLook.Of(place["restored"]), "");
    }

    // A directory that holds links, holes, long names, and numbers that need more than octal digits.
    private static void BuildPlain(string tree, bool withNodes)
    {
        Directory.CreateDirectory($"{tree}/sub/deeper");
        TestFiles.Write($"{tree}/empty", "");
        TestFiles.Write($"{tree}/sub/small", "some text");
        TestFiles.Write($"{tree}/sub/large", TestFiles.Bytes(3, 700_001));
        TestFiles.Write($"{tree}/sub/deeper/" + new string('n', 90), "long name");
        File.CreateSymbolicLink($"{tree}/link", "sub/small");
        Tool.Run("ln", $"{tree}/sub/small", $"{tree}/hard");
        Tool.Run("chmod", "4751", $"{tree}/empty");
        if (withNodes)
            TestFiles.MakeFifo($"{tree}/fifo");
        Tool.Run("truncate", "-s", "3M", $"{tree}/sparse");
        using (FileStream sparse = new($"{tree}/sparse", FileMode.Open))
        {
            for (int i = 0; i < 30; i++)
            {
                sparse.Position = i * 90_112;
                sparse.Write(TestFiles.Bytes(i, 4096));
            }
        }

        TestFiles.SetTime($"{tree}/sub/small", 1_000_000_000, 123_456_789);
        TestFiles.SetTime($"{tree}/sub", 1_100_000_000, 0);
    }

    private static void AssertSame(TestDirectory place, string archive, string program, string[] options)
    {
        SplitStream split = new(SplitFormat.Tar);
        BackupReport taken = split.Take(File.ReadAllBytes(archive));
        Assert.Equal(0, taken.Warnings.Total);
        split.Restore(taken, place["restored"]);
        Tool.Run(program, [.. options, "-C", place.Make("extracted"), "-xpf", archive]);
        // bsdtar does not give the directory that it extracts to the time that its archive says.
        TreeLook.AssertSame(TreeLook.Of(place["extracted"]), TreeLook.Of(place["restored"]), program == "bsdtar" ? [""] : []);
    }
}
