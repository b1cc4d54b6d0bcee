using Snapstore.Hashing;

namespace Snapstore.Tests.Hashing;

public sealed class Blake3Tests
{
    [Fact]
    public void Gives_the_official_hashes()
    {
        Assert.Equal(35, Blake3Vectors.All.Count);
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] output = new byte[vector.Hash.Length];
            Blake3.Hash(Blake3Vectors.Input(vector.Length), output);
            Assert.Equal(vector.Hash, output);
        }
    }

    [Fact]
    public void Gives_the_official_keyed_hashes()
    {
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] output = new byte[vector.KeyedHash.Length];
            Blake3.HashKeyed(Blake3Vectors.Key, Blake3Vectors.Input(vector.Length), output);
            Assert.Equal(vector.KeyedHash, output);
        }
    }

    [Fact]
    public void Gives_the_official_derived_keys()
    {
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] output = new byte[vector.DerivedKey.Length];
            Blake3.DeriveKey(Blake3Vectors.Context, Blake3Vectors.Input(vector.Length), output);
            Assert.Equal(vector.DerivedKey, output);
        }
    }

    [Fact]
    public void Extends_a_short_output_to_a_long_one()
    {
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            for (int size = 1; size <= vector.Hash.Length; size += 13)
            {
                byte[] output = new byte[size];
                Blake3.Hash(Blake3Vectors.Input(vector.Length), output);
                Assert.Equal(vector.Hash[..size], output);
            }
        }
    }

    [Fact]
    public void May_write_its_output_over_its_input()
    {
        foreach (Blake3Vector vector in Blake3Vectors.All)
        {
            byte[] room = Blake3Vectors.Input(Math.Max(vector.Length, vector.Hash.Length));
            Blake3.Hash(room.AsSpan(0, vector.Length), room.AsSpan(0, vector.Hash.Length));
            Assert.Equal(vector.Hash, room[..vector.Hash.Length]);
        }
    }

    [Fact]
    public void May_write_its_output_over_its_key()
    {
        byte[] room = [.. Blake3Vectors.Key, .. new byte[99]];
        Blake3.HashKeyed(room.AsSpan(0, Blake3.KeySize), [], room);
        Assert.Equal(Blake3Vectors.All[0].KeyedHash, room);
    }

    [Fact]
    public void Refuses_a_key_that_is_not_32_bytes()
    {
        Assert.Throws<ArgumentException>(() => Blake3.HashKeyed(new byte[31], [], new byte[32]));
        Assert.Throws<ArgumentException>(() => new Blake3Hasher(new byte[33]));
    }

    [Fact]
    public void Refuses_an_empty_output()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Blake3.Hash([], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Blake3Hasher().Finish([]));
    }
}
