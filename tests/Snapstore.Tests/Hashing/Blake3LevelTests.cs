using FsCheck;
using FsCheck.Fluent;
using Snapstore.Hashing;

namespace Snapstore.Tests.Hashing;

/// <summary>Every code path that this machine can run, forced.</summary>
public sealed class Blake3LevelTests
{
    private const int LongestInput = 300 << 10;

    private static readonly byte[] LongInput = Blake3Vectors.Input(LongestInput);

    /// <summary>The levels by name, for xunit shows public types only.</summary>
    public static TheoryData<string> Levels =>
        [.. Enum.GetValues<Blake3Level>().Where(Blake3Levels.IsSupported).Select(level => level.ToString())];

    [Theory]
    [MemberData(nameof(Levels))]
    public void Gives_the_official_hashes(string level)
    {
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] input = Blake3Vectors.Input(vector.Length);
            Assert.Equal(vector.Hash, Hash(level, Blake3Constants.PlainKey, 0, input, vector.Hash.Length));
            Assert.Equal(vector.KeyedHash, Hash(level, Blake3Vectors.Key, Blake3Constants.KeyedHash, input, 131));
            byte[] contextKey = Hash(level, Blake3Constants.PlainKey, Blake3Constants.DeriveKeyContext,
                System.Text.Encoding.ASCII.GetBytes(Blake3Vectors.Context), Blake3.KeySize);
            Assert.Equal(vector.DerivedKey, Hash(level, contextKey, Blake3Constants.DeriveKeyMaterial, input, 131));
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Gives_the_official_hashes_in_pieces(string level)
    {
        Blake3Hasher hasher = new(Enum.Parse<Blake3Level>(level), Blake3Vectors.Key, Blake3Constants.KeyedHash);
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] input = Blake3Vectors.Input(vector.Length);
            byte[] output = new byte[vector.KeyedHash.Length];
            hasher.Reset();
            for (int start = 0; start < input.Length; start += 1000)
                hasher.Update(input.AsSpan(start, Math.Min(1000, input.Length - start)));
            hasher.Finish(output);
            Assert.Equal(vector.KeyedHash, output);
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Agrees_with_the_scalar_level_on_any_length(string level)
    {
        Prop.ForAll(Gen.Choose(0, LongestInput).ToArbitrary(), length => AgreesWithScalar(level, length))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Agrees_with_the_scalar_level_around_every_number_of_chunks_in_two_batches(string level)
    {
        for (int chunks = 0; chunks <= 34; chunks++)
        {
            foreach (int more in (int[])[0, 1, 63, 64, 65, 960, 961, 1023])
                Assert.True(AgreesWithScalar(level, chunks * 1024 + more), $"{chunks} chunks and {more} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Agrees_with_the_scalar_level_around_the_ends_of_groups(string level)
    {
        int group = Blake3Tree.GroupChunks * 1024;
        foreach (int length in (int[])[group - 1, group, group + 1, group + 1023, group + 1024, group + 1025])
            Assert.True(AgreesWithScalar(level, length), $"{length} bytes");
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Joins_closed_groups_as_the_tree_demands(string level)
    {
        // Seven groups leave three subtrees of different sizes on the stack. The hash is b3sum's.
        byte[] input = Blake3Vectors.Input(7 * Blake3Tree.GroupChunks * 1024 + 1500);
        Assert.Equal("5001e2062b7bae534a059f4126d95f9fa4b41d1515f08728eae047546fd15f1f",
            Convert.ToHexStringLower(Hash(level, Blake3Constants.PlainKey, 0, input, Blake3.HashSize)));
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Counts_chunks_beyond_32_bits(string level)
    {
        // The lanes' counters carry into their upper word in the middle of a batch.
        ulong first = uint.MaxValue - 5UL;
        Assert.Equal(ChunkValues(nameof(Blake3Level.Scalar), first), ChunkValues(level, first));
    }

    [Fact]
    public void Orders_message_words_of_rows_as_the_schedule_says()
    {
        int[] places = [0, 2, 4, 6, 1, 3, 5, 7, 14, 8, 10, 12, 15, 9, 11, 13];
        for (int index = 0; index < Blake3Constants.Schedule.Length; index++)
        {
            int expected = Blake3Constants.Schedule[index / 16 * 16 + places[index % 16]];
            Assert.Equal((uint)expected, Blake3Rows.Order[index]);
        }
    }

    private static bool AgreesWithScalar(string level, int length)
    {
        ReadOnlySpan<byte> input = LongInput.AsSpan(0, length);
        return Hash(level, Blake3Vectors.Key, Blake3Constants.KeyedHash, input, 40).AsSpan().SequenceEqual(
            Hash(nameof(Blake3Level.Scalar), Blake3Vectors.Key, Blake3Constants.KeyedHash, input, 40));
    }

    private static byte[] Hash(string level, ReadOnlySpan<byte> key, uint flags, ReadOnlySpan<byte> input, int size)
    {
        byte[] output = new byte[size];
        Blake3.Hash(Enum.Parse<Blake3Level>(level), key, flags, input, output);
        return output;
    }

    private static unsafe byte[] ChunkValues(string level, ulong firstChunk)
    {
        const int Chunks = 31;
        byte[] values = new byte[(Chunks + 16) * Blake3Constants.ValueSize];
        fixed (byte* key = Blake3Vectors.Key)
        fixed (byte* input = LongInput)
        fixed (byte* output = values)
        {
            Blake3Node node = new(Enum.Parse<Blake3Level>(level), key, Blake3Constants.KeyedHash);
            node.HashChunks(input, Chunks, Chunks, firstChunk, output);
        }
        return values[..(Chunks * Blake3Constants.ValueSize)];
    }
}
