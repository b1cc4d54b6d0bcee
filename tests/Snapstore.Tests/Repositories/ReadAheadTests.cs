using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.Tests.Repositories;

/// <summary>What is read front to back from far away is fetched before it is asked for, and is what is there.</summary>
public sealed class ReadAheadTests : IDisposable
{
    private const int SegmentSize = 300_000, Segments = 60;

    private readonly FarStorage _storage = new(8);
    private readonly PackReference _pack;
    private readonly byte[] _content;

    public ReadAheadTests()
    {
        _content = TestFiles.Bytes(1, Segments * SegmentSize);
        byte[] hash = new byte[ObjectHash.Size];
        _pack = new PackReference(StorageKey.Pack(SessionId.NewRandom(), new ObjectHash(hash)), _content.Length, PackKind.Data);
        Assert.True(_storage.PutIfAbsent(_pack.Key, _content));
    }

    public void Dispose() => _storage.Dispose();

    [Fact]
    public void What_is_read_front_to_back_comes_in_pieces_of_a_mebibyte()
    {
        using Repository repository = SmallRepository.Over(_storage);
        using (ReadAhead ahead = new(repository))
        {
            Assert.True(ahead.TryRead(At(0)).IsEmpty);
            for (int i = 1; i < Segments; i++)
                AssertIs(i, ahead.TryRead(At(i)));
        }

        Assert.Equal((_content.Length + (1 << 20) - 1) / (1 << 20), _storage.Reads);
    }

    [Fact]
    public void What_lies_aside_breaks_no_row_and_two_of_it_begin_another()
    {
        using Repository repository = SmallRepository.Over(_storage);
        using ReadAhead ahead = new(repository);
        _ = ahead.TryRead(At(0));
        AssertIs(1, ahead.TryRead(At(1)));
        Assert.True(ahead.TryRead(At(40)).IsEmpty);
        AssertIs(2, ahead.TryRead(At(2)));
        AssertIs(3, ahead.TryRead(At(3)));

        Assert.True(ahead.TryRead(At(50)).IsEmpty);
        AssertIs(51, ahead.TryRead(At(51)));
        AssertIs(50, ahead.TryRead(At(50)));
        Assert.True(ahead.TryRead(At(50)).IsEmpty);
    }

    [Fact]
    public void What_jumps_is_read_by_itself()
    {
        using Repository repository = SmallRepository.Over(_storage);
        using ReadAhead ahead = new(repository);
        foreach (int segment in (int[])[0, 20, 40, 10, 30, 50])
            Assert.True(ahead.TryRead(At(segment)).IsEmpty);
        Assert.Equal(0, _storage.Reads);
    }

    [Fact]
    public void A_pack_that_is_cut_short_or_gone_is_left_to_who_reads_the_segment()
    {
        using Repository repository = SmallRepository.Over(_storage);
        using ReadAhead ahead = new(repository);
        PackReference longer = _pack with { Size = _content.Length + SegmentSize };
        _ = ahead.TryRead(At(Segments - 1));
        Assert.True(ahead.TryRead(new SegmentLocation(longer, _content.Length, SegmentSize, SegmentSize)).IsEmpty);
        Assert.True(ahead.TryRead(new SegmentLocation(_pack, _content.Length - 10, SegmentSize, SegmentSize)).IsEmpty);

        _ = ahead.TryRead(At(0));
        _ = ahead.TryRead(At(1));
        _storage.Delete(_pack.Key);
        Assert.True(ahead.TryRead(At(9)).IsEmpty);
    }

    [Fact]
    public void A_near_storage_is_let_alone()
    {
        FarStorage near = new(1);
        Assert.True(near.PutIfAbsent(_pack.Key, _content));
        using Repository repository = SmallRepository.Over(near);
        using ReadAhead ahead = new(repository);
        for (int i = 0; i < 10; i++)
            Assert.True(ahead.TryRead(At(i)).IsEmpty);
        Assert.Equal(0, near.Reads);
    }

    private SegmentLocation At(int number) => new(_pack, (long)number * SegmentSize, SegmentSize, SegmentSize);

    private void AssertIs(int number, ReadOnlySpan<byte> stored) => Assert.True(stored.SequenceEqual(_content.AsSpan(number * SegmentSize, SegmentSize)), $"segment {number}");
}
