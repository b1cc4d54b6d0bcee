using System.Diagnostics;
using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Hashing;

namespace Snapstore.Tests.Hashing;

public sealed class Blake3HasherTests
{
    private static readonly Config FewCases = Config.QuickThrowOnFailure.WithMaxTest(60);

    [Fact]
    public void Gives_the_official_hashes()
    {
        Blake3Hasher plain = new();
        Blake3Hasher keyed = new(Blake3Vectors.Key);
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] input = Blake3Vectors.Input(vector.Length);
            Assert.Equal(vector.Hash, HashOf(plain, input, vector.Hash.Length));
            Assert.Equal(vector.KeyedHash, HashOf(keyed, input, vector.KeyedHash.Length));
        }
    }

    [Fact]
    public void Gives_the_same_hash_however_the_message_is_cut()
    {
        Arbitrary<int[]> cuts = Gen.Choose(0, 70_000).ArrayOf().ToArbitrary();
        Prop.ForAll(cuts, sizes =>
        {
            byte[] input = Blake3Vectors.Input(sizes.Sum() % 700_000);
            byte[] expected = new byte[Blake3.HashSize];
            Blake3.Hash(input, expected);
            return expected.AsSpan().SequenceEqual(HashInPieces(input, sizes));
        }).Check(FewCases);
    }

    [Fact]
    public void Goes_on_after_a_finish_in_the_middle()
    {
        byte[] input = Blake3Vectors.Input(600_000);
        Blake3Hasher hasher = new();
        byte[] expected = new byte[Blake3.HashSize];
        byte[] output = new byte[Blake3.HashSize];
        int[] ends = [0, 1, 64, 1024, 1025, 16_384, 16_385, 262_144, 262_145, 524_288, 540_673, 600_000];
        int start = 0;
        foreach (int end in ends)
        {
            hasher.Update(input.AsSpan(start, end - start));
            hasher.Finish(output);
            Blake3.Hash(input.AsSpan(0, end), expected);
            Assert.Equal(expected, output);
            start = end;
        }
    }

    [Fact]
    public void Allocates_nothing_per_message()
    {
        Blake3Hasher hasher = new();
        byte[] input = new byte[300_000];
        byte[] output = new byte[Blake3.HashSize];
        HashOf(hasher, input, output.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        hasher.Reset();
        hasher.Update(input);
        hasher.Finish(output);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // Compiled without optimisation, .NET's own vector operations box a few words.
        Assert.InRange(allocated, 0, IsOptimised ? 0 : 1000);
    }

    private static bool IsOptimised =>
        typeof(Blake3Hasher).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    private static byte[] HashOf(Blake3Hasher hasher, byte[] input, int outputSize)
    {
        byte[] output = new byte[outputSize];
        hasher.Reset();
        hasher.Update(input);
        hasher.Finish(output);
        return output;
    }

    private static byte[] HashInPieces(byte[] input, int[] sizes)
    {
        Blake3Hasher hasher = new();
        int start = 0;
        foreach (int wanted in sizes)
        {
            int size = Math.Min(wanted, input.Length - start);
            hasher.Update(input.AsSpan(start, size));
            start += size;
        }
        hasher.Update(input.AsSpan(start));
        byte[] output = new byte[Blake3.HashSize];
        hasher.Finish(output);
        return output;
    }
}
