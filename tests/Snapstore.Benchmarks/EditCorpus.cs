using System.Text;
using Snapstore.Chunking;
using Snapstore.Hashing;

namespace Snapstore.Benchmarks;

/// <summary>A seeded corpus, half text and half random, and a later version of it with edits in random places; and how much
/// of the later version a chunker finds new.</summary>
internal static class EditCorpus
{
    /// <summary>The first version.</summary>
    public static byte[] Make(int size, ulong seed)
    {
        byte[] bytes = new byte[size];
        Span<byte> random = bytes.AsSpan(size / 2);
        Fill(random, seed);
        FillText(bytes.AsSpan(0, size / 2), seed + 1);
        return bytes;
    }

    /// <summary>The version after this many edits: bytes inserted, removed or overwritten, 1 to 4096 each.</summary>
    public static byte[] Edit(byte[] original, int edits, ulong seed)
    {
        byte[] numbers = new byte[edits * 16];
        Fill(numbers, seed);
        List<(long At, int Length, int Kind)> list = [];
        for (int i = 0; i < edits; i++)
        {
            ulong place = BitConverter.ToUInt64(numbers, i * 16) % (ulong)original.Length;
            uint shape = BitConverter.ToUInt32(numbers, (i * 16) + 8);
            list.Add(((long)place, 1 + (int)(shape % 4096), (int)(shape >> 16) % 3));
        }

        using MemoryStream edited = new(original.Length + (edits * 4096));
        long at = 0;
        byte[] fresh = new byte[4096];
        foreach ((long place, int length, int kind) in list.OrderBy(e => e.At))
        {
            if (place < at)
                continue;
            edited.Write(original, (int)at, (int)(place - at));
            Fill(fresh, seed + (ulong)place);
            if (kind != 1)
                edited.Write(fresh, 0, length);
            at = kind == 0 ? place : Math.Min(place + length, original.Length);
        }

        edited.Write(original, (int)at, (int)(original.Length - at));
        return edited.ToArray();
    }

    /// <summary>Bytes of chunks that only the second version has, and the mean chunk size over both.</summary>
    public static (long NewBytes, double Mean) NewBytes(IChunker chunker, byte[] first, byte[] second)
    {
        HashSet<BlobId> known = [];
        int chunks = 0;
        foreach ((BlobId id, _) in Chunks(chunker, first))
        {
            known.Add(id);
            chunks++;
        }

        long fresh = 0;
        foreach ((BlobId id, int length) in Chunks(chunker, second))
        {
            chunks++;
            if (known.Add(id))
                fresh += length;
        }

        return (fresh, (first.Length + (double)second.Length) / chunks);
    }

    /// <summary>Bytes of the mean chunk.</summary>
    public static double Mean(IChunker chunker, byte[] data)
    {
        int chunks = 0;
        for (int at = 0; at < data.Length; chunks++)
            at += chunker.NextCut(data.AsSpan(at), isEnd: true);
        return data.Length / (double)chunks;
    }

    private static IEnumerable<(BlobId Id, int Length)> Chunks(IChunker chunker, byte[] data)
    {
        byte[] hash = new byte[BlobId.Size];
        for (int at = 0; at < data.Length;)
        {
            int length = chunker.NextCut(data.AsSpan(at), isEnd: true);
            Blake3.Hash(data.AsSpan(at, length), hash);
            yield return (new BlobId(hash), length);
            at += length;
        }
    }

    private static void Fill(Span<byte> output, ulong seed) => Blake3.Hash(BitConverter.GetBytes(seed), output);

    private static void FillText(Span<byte> output, ulong seed)
    {
        byte[][] words = [.. "the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down should because each just those people mr how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three".Split(' ').Select(Encoding.ASCII.GetBytes)];
        byte[] choices = new byte[output.Length / 3];
        Fill(choices, seed);
        int at = 0;
        for (int i = 0; at < output.Length; i = (i + 1) % choices.Length)
        {
            byte[] word = words[choices[i] % words.Length];
            int length = Math.Min(word.Length, output.Length - at);
            word.AsSpan(0, length).CopyTo(output[at..]);
            at += length;
            if (at < output.Length)
                output[at++] = choices[i] > 240 ? (byte)'\n' : (byte)' ';
        }
    }
}
