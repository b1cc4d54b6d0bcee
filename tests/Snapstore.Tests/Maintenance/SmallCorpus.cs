using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Maintenance;

/// <summary>A repository of some 30 KiB with one of everything: inline, short and long files, a directory of several
/// nodes, a hole, a second snapshot, a label, a session record.</summary>
internal sealed class SmallCorpus : IDisposable
{
    private readonly Random _random = new(5);

    public SmallCorpus()
    {
        TreeEntry[] shared = [Builder.File("inline", Bytes(20)), Builder.File("short", Bytes(300), Bytes(400))];
        TreeEntry many = Builder.Directory("many", Enumerable.Range(0, 300).Select(i => Builder.File($"{i:d4}", Bytes(1))));
        TreeEntry sparse = Sparse();
        First = Builder.Commit([.. shared, many, sparse, Builder.Directory("empty"), Builder.File("long", Pieces(40, 50))]);
        Second = Builder.Commit([.. shared, many, Builder.Directory("below", Builder.File("new", Bytes(250)))]);
        SnapshotLabels.Change(Builder.Repository, SnapshotList.Read(Builder.Repository, First), label => label with { Tags = ["kept"], TimeNanoseconds = 5 });
        SessionRecord session = new("host", "user", "test", 1, 2);
        SessionId dead = SessionId.NewRandom();
        Assert.True(Builder.Repository.Put(StorageKey.Session(dead), SealKind.Session, session.Encode(), dead));
    }

    public RepositoryBuilder Builder { get; } = new();

    public SessionId First { get; }

    public SessionId Second { get; }

    /// <summary>What reading every snapshot gives.</summary>
    public Dictionary<SessionId, SortedDictionary<string, string>> Contents(IStorage storage)
    {
        using Repository repository = Builder.OpenOn(storage);
        return new[] { First, Second }.ToDictionary(id => id, id => SnapshotContents.ReadAll(repository, id));
    }

    public static CheckReport Check(Repository repository, ReadDataSelection? readData = null, int workers = 0) => Checker.Run(
        repository,
        new CheckOptions { ReadData = readData ?? ReadDataSelection.None, Workers = workers },
        new CheckProgress(),
        CancellationToken.None);

    public CheckReport Check(IStorage storage, ReadDataSelection? readData = null, int workers = 0)
    {
        using Repository repository = Builder.OpenOn(storage);
        return Check(repository, readData, workers);
    }

    public void Dispose() => Builder.Dispose();

    private TreeEntry Sparse() => RepositoryBuilder.File(
        "sparse", 5000, FileContent.OfItems([Builder.Data(Bytes(500)), ContentItem.Hole(4000), Builder.Data(Bytes(500))]));

    private byte[][] Pieces(int count, int size) => [.. Enumerable.Range(0, count).Select(_ => Bytes(size))];

    private byte[] Bytes(int size)
    {
        byte[] bytes = new byte[size];
        _random.NextBytes(bytes);
        return bytes;
    }
}
