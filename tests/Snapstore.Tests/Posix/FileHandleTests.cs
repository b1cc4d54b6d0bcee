using System.Text;
using Snapstore.Posix;

namespace Snapstore.Tests.Posix;

public sealed class FileHandleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DirectoryHandle _directory;
    private readonly FileHandle _file;

    public FileHandleTests()
    {
        _directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));
        _file = _directory.CreateFile("file"u8, 0x180);
    }

    public void Dispose()
    {
        _file.Dispose();
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Bytes_are_read_where_they_were_written()
    {
        _file.Write(10, "content"u8);
        byte[] read = new byte[20];
        Assert.Equal(17, _file.Read(0, read));
        Assert.Equal("\0\0\0\0\0\0\0\0\0\0content\0\0\0"u8.ToArray(), read);
        Assert.Equal(0, _file.Read(17, read));
        Assert.Equal(0, _file.Read(1L << 40, read));
    }

    [Fact]
    public void Holes_are_found()
    {
        const int Block = 1 << 16;
        _file.SetLength(10 * Block);
        _file.Write(2 * Block, new byte[Block]);
        _file.Write(7 * Block, new byte[Block]);
        Assert.Equal((2L * Block, 3L * Block), _file.NextData(0));
        Assert.Equal(((2L * Block) + 5, 3L * Block), _file.NextData((2 * Block) + 5));
        Assert.Equal((7L * Block, 8L * Block), _file.NextData(3 * Block));
        Assert.Null(_file.NextData(8 * Block));
        Assert.Null(_file.NextData(10 * Block));
        Assert.InRange(_file.Stat().Blocks * 512, 2 * Block, 4 * Block);
        Assert.Equal(10 * Block, _file.Stat().Size);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 999_999_999)]
    [InlineData(1, 1)]
    [InlineData(-1, 999_999_999)]
    [InlineData(-2_000_000_000, 5)]
    [InlineData(4_000_000_000, 123_456_789)]
    public void Times_keep_their_nanoseconds_before_and_after_1970(long seconds, int nanoseconds)
    {
        _file.SetTime(seconds, nanoseconds);
        Assert.Equal((seconds, nanoseconds), (_file.Stat().MtimeSeconds, _file.Stat().MtimeNanoseconds));
        _directory.SetTime("file"u8, seconds, nanoseconds);
        Assert.Equal((seconds, nanoseconds), (_directory.Stat("file"u8).MtimeSeconds, _directory.Stat("file"u8).MtimeNanoseconds));
    }

    [Fact]
    public void Setting_the_mtime_leaves_the_atime()
    {
        Tool.Run("touch", "-a", "-d", "2001-02-03 04:05:06 UTC", _folder["file"]);
        _file.SetTime(1000, 1);
        _directory.SetTime("file"u8, 1000, 2);
        Assert.Equal("981173106\n", Tool.Run("stat", "-c", "%X", _folder["file"]));
    }

    [Fact]
    public void All_12_mode_bits_are_set_and_seen()
    {
        foreach (int mode in new[] { 0, 0x1a4, 0x9ed, 0x5ed, 0x3ff })
        {
            _file.SetMode(mode);
            Assert.Equal(mode, _file.Stat().Mode);
        }
    }

    [RootFact]
    public void Owners_above_the_middle_of_the_range_are_set_and_seen()
    {
        _file.SetOwner(4_000_000_000, 3_999_999_999);
        Assert.Equal((4_000_000_000, 3_999_999_999), (_file.Stat().Uid, _file.Stat().Gid));
        _directory.SetOwner("file"u8, 0, 0);
        Assert.Equal((0u, 0u), (_file.Stat().Uid, _file.Stat().Gid));
    }

    [Fact]
    public void Reading_leaves_no_trace()
    {
        _file.Write(0, "content"u8);
        Tool.Run("touch", "-a", "-d", "2001-02-03 04:05:06 UTC", _folder["file"]);
        using (FileHandle reader = _directory.OpenForReading("file"u8))
            Assert.Equal(7, reader.Read(0, new byte[7]));
        Assert.Equal("981173106\n", Tool.Run("stat", "-c", "%X", _folder["file"]));
    }

    [Fact]
    public void A_directory_opened_as_a_file_cannot_be_read()
    {
        using FileHandle directory = _directory.AsFile();
        Assert.Equal(FileKind.Directory, directory.Stat().Kind);
        Assert.Equal(Errno.IsDirectory, Assert.Throws<PosixException>(() => directory.Read(0, new byte[1])).Error);
    }

    [Fact]
    public void A_closed_file_is_not_another_one()
    {
        FileHandle closed = _directory.CreateFile("closed"u8, 0x180);
        closed.Dispose();
        closed.Dispose();
        using FileHandle next = _directory.CreateFile("next"u8, 0x180);
        Assert.Throws<ObjectDisposedException>(() => closed.Write(0, "lost"u8));
        Assert.Throws<ObjectDisposedException>(closed.Sync);
        Assert.Equal(0, next.Stat().Size);
    }

    [Fact]
    public void Early_write_back_changes_nothing()
    {
        _file.Write(0, new byte[100_000]);
        _file.StartWriteBack(0, 100_000);
        _file.Sync();
        Assert.Equal(100_000, _file.Stat().Size);
    }
}
