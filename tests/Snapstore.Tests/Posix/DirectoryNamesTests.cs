using System.Text;
using Snapstore.Posix;

namespace Snapstore.Tests.Posix;

public sealed class DirectoryNamesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_are_sorted_by_their_bytes()
    {
        string[] names = ["b", "a", "a!", "A", "zz", "\u00e9", "aaaaaaaab", "aaaaaaaaa", "aaaaaaaa", "-", ".hidden"];
        foreach (string name in names)
            File.WriteAllText(_folder[name], "");
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));
        using DirectoryNames found = directory.ReadNames();
        Assert.Equal(names.Order(StringComparer.Ordinal), Enumerable.Range(0, found.Count).Select(i => Encoding.UTF8.GetString(found[i])));
        Assert.All(names, name => Assert.True(found.Contains(Encoding.UTF8.GetBytes(name))));
        Assert.False(found.Contains("."u8));
        Assert.False(found.Contains("aaaaaaa"u8));
    }

    [Fact]
    public void Names_that_differ_by_zero_bytes_of_the_prefix_are_told_apart()
    {
        // "a" and "a\x01" share no prefix of 8 bytes, "a" padded with zeros is the shortest of all.
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));
        foreach (byte[] name in new byte[][] { [(byte)'a', 1], [(byte)'a'], [(byte)'a', 1, 1], [0xff], [1] })
            directory.CreateFile(name, 0x180).Dispose();
        using DirectoryNames found = directory.ReadNames();
        Assert.Equal(["01", "61", "6101", "610101", "ff"], Enumerable.Range(0, found.Count).Select(i => Convert.ToHexStringLower(found[i])));
    }

    [Fact]
    public void A_hundred_thousand_names_are_read_in_order_and_take_few_bytes_of_the_heap()
    {
        const int Count = 100_000;
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));
        for (int i = 0; i < Count; i++)
            directory.MakeSymlink("x"u8, Encoding.ASCII.GetBytes($"name-{unchecked((uint)i * 2654435761u):x8}-of-a-file"));
        directory.ReadNames().Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using DirectoryNames names = directory.ReadNames();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6 << 20);
        Assert.Equal(Count, names.Count);
        for (int i = 1; i < Count; i++)
            Assert.True(names[i - 1].SequenceCompareTo(names[i]) < 0);
    }

    [Fact]
    public void Two_readers_of_one_handle_see_everything()
    {
        for (int i = 0; i < 3000; i++)
            File.WriteAllText(_folder[$"{i}"], "");
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));
        Parallel.For(0, 20, _ =>
        {
            using DirectoryNames names = directory.ReadNames();
            Assert.Equal(3000, names.Count);
        });
    }
}
