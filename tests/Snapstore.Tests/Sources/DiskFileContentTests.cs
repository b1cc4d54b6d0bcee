using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Tests.Sources;

public sealed class DiskFileContentTests
{
    // The clock that file times are taken from may be this much behind the one that is read here.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void A_file_is_not_read_within_the_tick_of_its_last_change()
    {
        using TestDirectory place = new();
        using DirectoryHandle directory = DirectoryHandle.Open(place.Bytes);
        for (int i = 0; i < 20; i++)
        {
            TestFiles.Write(place["file"], "content");
            FileStat stat = directory.Stat("file"u8);
            DateTimeOffset changed = UnixTime.FromNanoseconds((stat.CtimeSeconds * 1_000_000_000) + stat.CtimeNanoseconds);

            using DiskFileOpener opener = new(directory.AddReference(), "file"u8.ToArray(), stat);
            using IFileContent content = opener.Open();

            Assert.True(DateTimeOffset.UtcNow - changed >= Tick, "opened too early");
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1 << 20)]
    public void What_took_the_place_of_a_file_is_left_out(int size)
    {
        using TestDirectory place = new();
        using DirectoryHandle directory = DirectoryHandle.Open(place.Bytes);
        TestFiles.Write(place["file"], new byte[size]);
        FileStat stat = directory.Stat("file"u8);
        File.Delete(place["file"]);
        TestFiles.MakeFifo(place["file"]);
        using DiskFileOpener opener = new(directory.AddReference(), "file"u8.ToArray(), stat);

        Exception? refused = Record.Exception(() =>
        {
            using IFileContent content = opener.Open();
            content.ChangedWhileRead(content.Read(0, new byte[size]));
        });

        Assert.True(refused is SourceException or IOException, $"{refused}");
    }
}
