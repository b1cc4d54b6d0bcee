using System.Text;
using Snapstore.Backup;
using Snapstore.Sources.Split;

namespace Snapstore.Tests.Sources.Split;

/// <summary>Archives that are unusual, and those that are wrong: what they hold is captured or refused, never lost in silence.</summary>
public sealed class TarOddityTests
{
    private readonly SplitStream _split = new(SplitFormat.Tar);

    [Fact]
    public void The_last_member_of_a_name_counts_and_a_link_keeps_what_it_was_made_of()
    {
        BackupReport taken = _split.Take(new TarArchive().Add("a", content: "old").Add("b", '1', link: "a").Add("a", content: "new").Bytes);
        Assert.Equal(["a new", "b old"], Texts(taken));
        Assert.Equal(0, taken.Warnings.Total);
    }

    [Fact]
    public void A_hard_link_to_nothing_is_told()
    {
        BackupReport taken = _split.Take(new TarArchive().Add("b", '1', link: "gone").Add("c", content: "x").Bytes);
        Assert.Equal(["c x"], Texts(taken));
        Assert.Contains("hard link to gone", Assert.Single(taken.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hard_link_that_brings_its_bytes_is_read_past_them_or_becomes_a_file()
    {
        BackupReport taken = _split.Take(new TarArchive().Add("a", content: "one").Add("b", '1', "one", "a").Add("c", '1', "two", "gone").Add("d", content: "end").Bytes);
        Assert.Equal(["a one", "b one", "c two", "d end"], Texts(taken));
    }

    [Fact]
    public void Long_names_and_numbers_come_in_every_way()
    {
        string name = new('n', 180);
        byte[] archive = new TarArchive()
            .Add("././@LongLink", 'L', name + "\0").Add("short", content: "gnu")
            .Extended(("path", "x/" + name), ("mtime", "-1.25"), ("uid", "4000000000")).Add("short", content: "pax")
            .Add("tail", content: "ustar", change: header => Encoding.ASCII.GetBytes("prefix/of").CopyTo(header, 345))
            .Add("binary", content: "b", change: header =>
            {
                header.AsSpan(136, 12).Fill(0xff); // mtime -2
                header[147] = 0xfe;
                header.AsSpan(108, 8).Clear();
                (header[108], header[113]) = (0x80, 1); // uid 65536
            })
            .Bytes;
        BackupReport taken = _split.Take(archive);
        Assert.Equal(["binary b", $"{name} gnu", "prefix/of/tail ustar", $"x/{name} pax"], Texts(taken));
        using TestDirectory place = new();
        _split.Restore(taken, place["restored"]);
        Assert.Equal("-2.000000000 65536", Stat(place[$"restored/binary"]));
        Assert.Equal("-1.250000000 4000000000", Stat(place[$"restored/x/{name}"]));
    }

    [Fact]
    public void An_empty_record_takes_back_what_was_said_for_all()
    {
        byte[] archive = new TarArchive().Add("g", 'g', "14 uname=anna\n").Add("a").Extended(("uname", "")).Add("b").Bytes;
        Assert.Equal(2, _split.Take(archive).Manifest.Counts.Files);
    }

    [Fact]
    public void What_follows_the_end_is_told()
    {
        byte[] archive = [.. new TarArchive().Add("a", content: "x").Bytes, .. new TarArchive().Add("b").Bytes];
        BackupReport taken = _split.Take(archive);
        Assert.Equal(["a x"], Texts(taken));
        Assert.Contains("behind the end", Assert.Single(taken.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_of_an_unknown_kind_is_a_file_and_told()
    {
        BackupReport taken = _split.Take(new TarArchive().Add("a", 'Z', "x").Bytes);
        Assert.Equal(["a x"], Texts(taken));
        Assert.Contains("type Z is not known", Assert.Single(taken.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../a", "no snapshot can hold")]
    [InlineData("a/../../b", "no snapshot can hold")]
    public void Names_that_lead_out_are_refused(string name, string words) =>
        _split.AssertRefuses(new TarArchive().Add(name, content: "x").Bytes, words);

    [Fact]
    public void What_is_a_directory_and_a_file_is_refused()
    {
        _split.AssertRefuses(new TarArchive().Add("a", content: "x").Add("a/b", content: "y").Bytes, "as a directory and as something else");
        _split.AssertRefuses(new TarArchive().Add("a/b", content: "x").Add("a", content: "y").Bytes, "as a directory and as something else");
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        byte[] archive = new TarArchive().Add("a", content: new string('x', 700)).Extended(("path", "b")).Add("b", content: "y").WithoutEnd;
        for (int length = 0; length <= archive.Length; length += length % 512 == 0 ? 1 : 511)
            _split.AssertRefuses(archive[..length], length == 0 ? "is empty" : "cut short");
    }

    [Fact]
    public void Every_changed_byte_of_a_header_is_noticed_or_changes_nothing()
    {
        byte[] archive = new TarArchive().Add("a", content: "x").Bytes;
        for (int at = 0; at < 512; at++)
        {
            byte[] damaged = [.. archive];
            damaged[at] ^= 0x41;
            // The last two bytes of the checksum's field are a zero and a space, whatever stands there.
            if (at is not (154 or 155))
                Assert.Throws<SourceException>(() => _split.Take(damaged));
        }
    }

    [Theory]
    [InlineData("0,4,2,4", 8)] // overlap
    [InlineData("4,4,0,4", 8)] // backwards
    [InlineData("0,4", 8)] // fewer bytes than stored
    [InlineData("0,9223372036854775807,9223372036854775807,8", 8)]
    [InlineData("0,x", 8)]
    [InlineData("0,8", 8, "4")] // beyond the size
    public void Maps_that_cannot_be_are_refused(string map, int stored, string size = "100") =>
        _split.AssertRefuses(
            new TarArchive().Extended(("GNU.sparse.size", size), ("GNU.sparse.map", map)).Add("a", content: new string('x', stored)).Bytes, "sparse map");

    [Theory]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0 }, "gzip")]
    [InlineData(new byte[] { 0x28, 0xb5, 0x2f, 0xfd }, "zstd")]
    public void A_compressed_archive_is_named(byte[] start, string words) => _split.AssertRefuses([.. start, .. new byte[600]], words);

    private IEnumerable<string> Texts(BackupReport taken) => _split.Files(taken).Select(file => $"{file.Key} {Encoding.UTF8.GetString(file.Value)}");

    private static string Stat(string path) => Tool.Run("stat", "-c", "%.9Y %u", path).Trim();
}
