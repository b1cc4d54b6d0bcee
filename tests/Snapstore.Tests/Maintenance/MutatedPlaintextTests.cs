using System.Diagnostics;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Maintenance;

/// <summary>Records changed at random and sealed again with the real keys, so that only the decoders stand between them
/// and the program: check gives a report, or an error of Snapstore's, and nothing else.</summary>
public sealed class MutatedPlaintextTests : IDisposable
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(5);

    private readonly SmallCorpus _corpus = new();
    private readonly int _seed = Environment.TickCount;

    [Fact]
    public void Nodes()
    {
        Repository repository = _corpus.Builder.Repository;
        using BlobPlaces places = new PackInventory(repository, new FindingList(new CheckProgress())).Load(
            repository.Storage.List(StorageKey.IndexPrefix),
            repository.Storage.List(StorageKey.PacksPrefix).ToDictionary(o => o.Key, o => o.Size),
            CancellationToken.None);
        NodeExaminer examiner = new(places);
        List<byte[]> plains = Plains(repository);
        Fuzz(20_000, random =>
        {
            byte[] plain = Mutate(random, plains[random.Next(plains.Count)]);
            NodeTable table = new();
            table.Add(examiner.Examine(repository.Keys.MetaId(plain), plain, "node"));
            table.Resolve(CancellationToken.None);
        });
    }

    [Theory]
    [InlineData(StorageKey.IndexPrefix, SealKind.Index)]
    [InlineData(StorageKey.SnapshotsPrefix, SealKind.Manifest)]
    [InlineData(StorageKey.LabelsPrefix, SealKind.Label)]
    [InlineData(StorageKey.SessionsPrefix, SealKind.Session)]
    public void Sealed_records(string prefix, SealKind kind)
    {
        Repository repository = _corpus.Builder.Repository;
        StorageKey[] keys = [.. repository.Storage.List(prefix).Select(o => o.Key)];
        Fuzz(2000, random =>
        {
            StorageKey key = keys[random.Next(keys.Length)];
            _ = key.TryParseNumbered(prefix, out SessionId id, out int number) || key.TryParseId(prefix, out id);
            SealContext context = new(kind, repository.Id, id, number);
            byte[] record = Envelope.Open(repository.Keys, context, _corpus.Builder.Test[key.Name], "record");
            TestStorage storage = _corpus.Builder.Test.Copy();
            storage[key.Name] = Envelope.Seal(repository.Keys, context, Mutate(random, record));
            Exercise(storage);
        });
    }

    [Fact]
    public void Pack_directories()
    {
        Repository repository = _corpus.Builder.Repository;
        StoredObject[] packs = [.. repository.Storage.List(StorageKey.PacksPrefix)];
        TestStorage bare = _corpus.Builder.Test.Copy();
        foreach (string index in bare.Names.Where(n => n.StartsWith(StorageKey.IndexPrefix, StringComparison.Ordinal)))
            bare.Remove(index);
        Fuzz(2000, random =>
        {
            StoredObject found = packs[random.Next(packs.Length)];
            IndexedPack pack = PackReader.ReadDirectory(repository, found.Key, found.Size);
            ByteWriter record = new();
            pack.Directory.Encode(record);
            byte[] envelope = Envelope.Seal(
                repository.Keys, new SealContext(SealKind.PackDirectory, repository.Id, pack.Session), Mutate(random, record.ToArray()));
            byte[] bytes = [.. bare[found.Key.Name][..(int)pack.Directory.EndOffset], .. envelope, .. PackFrame.Trailer(envelope.Length)];
            TestStorage storage = bare.Copy();
            storage.Remove(found.Key.Name);
            storage[StorageKey.Pack(pack.Session, Repository.HashOf(bytes)).Name] = bytes;
            Exercise(storage);
        });
    }

    public void Dispose() => _corpus.Dispose();

    private static byte[] Mutate(Random random, byte[] valid)
    {
        List<byte> bytes = [.. valid];
        for (int changes = 1 + random.Next(3); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(40)));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(100))));
                    break;
                case 4:
                    // A number as large as numbers get, in place of whatever stood there.
                    bytes.RemoveAt(at);
                    bytes.InsertRange(at, [.. Enumerable.Repeat((byte)0xff, random.Next(3, 9)), (byte)random.Next(0x80)]);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    // The nodes as they stand in the packs.
    private static List<byte[]> Plains(Repository repository)
    {
        List<byte[]> plains = [];
        using SegmentReader reader = new(repository);
        foreach (StoredObject found in repository.Storage.List(StorageKey.PacksPrefix))
        {
            IndexedPack pack = PackReader.ReadDirectory(repository, found.Key, found.Size);
            foreach (SegmentRecord segment in pack.Kind == PackKind.Meta ? pack.Directory.Segments.ToArray() : [])
            {
                byte[] plain = new byte[segment.PlainLength];
                reader.Read(new SegmentLocation(new PackReference(found.Key, found.Size, pack.Kind), segment.Offset, segment.StoredLength, segment.PlainLength), plain);
                int offset = 0;
                foreach (BlobRecord blob in pack.Directory.BlobsOf(segment).ToArray())
                    plains.Add(plain[offset..(offset += blob.Length)]);
            }
        }

        return plains;
    }

    private void Fuzz(int cases, Action<Random> run)
    {
        Stopwatch clock = Stopwatch.StartNew();
        for (int number = 0; number < cases && clock.Elapsed < TimeMax; number++)
        {
            int seed = unchecked(_seed + number);
            try
            {
                run(new Random(seed));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }
    }

    private void Exercise(TestStorage storage)
    {
        try
        {
            _ = _corpus.Check(storage, ReadDataSelection.All);
            _ = _corpus.Contents(storage);
        }
        catch (SnapstoreException)
        {
            // What such a repository should give.
        }
    }
}
