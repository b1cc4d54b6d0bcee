using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>One seeded case: two clients put, race, read, list and delete through a proxy that does them harm. What each call
/// said is remembered, and must be true then and at the end.</summary>
internal sealed class FaultCase(int seed, IStorage first, IStorage second, IStorage direct)
{
    private const int Steps = 8;

    private readonly Random _random = new(seed);
    private readonly Dictionary<StorageKey, byte[]> _model = [];
    private int _named;

    /// <summary>Runs it.</summary>
    public void Run()
    {
        for (int step = 0; step < Steps; step++)
            Step();
        Assert.Equal(Sizes(), Sizes(direct.List("")));
        foreach ((StorageKey key, byte[] content) in _model)
            Assert.Equal(content, ReadAll(direct, key));
    }

    private void Step()
    {
        IStorage storage = _random.Next(2) == 0 ? first : second;
        switch (_random.Next(10))
        {
            case 0 or 1 or 2:
                PutNew(storage);
                break;
            case 3 or 4:
                Race();
                break;
            case 5:
                if (Any() is { } taken)
                    Assert.False(storage.PutIfAbsent(taken, Content()), "a name was taken twice");
                break;
            case 6:
                ReadSome(storage);
                break;
            case 7:
                Assert.Equal(Sizes(), Sizes(storage.List("")));
                break;
            case 8:
                Look(storage);
                break;
            default:
                Delete(storage);
                break;
        }
    }

    private void PutNew(IStorage storage)
    {
        StorageKey key = NewKey();
        byte[] content = Content();
        Assert.True(storage.PutIfAbsent(key, content), "a new name was said to be taken");
        _model.Add(key, content);
    }

    // Half the time with the same bytes: also then one only has put them.
    private void Race()
    {
        StorageKey key = NewKey();
        byte[] one = Content(), other = _random.Next(2) == 0 ? one : Content();
        Task<bool> rival = Task.Factory.StartNew(() => second.PutIfAbsent(key, other), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        bool isOne = first.PutIfAbsent(key, one), isOther = rival.GetAwaiter().GetResult();
        Assert.True(isOne ^ isOther, $"of two writers {(isOne ? "both" : "none")} took the name");
        _model.Add(key, isOne ? one : other);
    }

    private void ReadSome(IStorage storage)
    {
        if (Any() is not { } key)
            return;
        byte[] content = _model[key];
        int from = _random.Next(content.Length), length = _random.Next(1, content.Length - from + 1);
        byte[] part = new byte[length];
        storage.Read(key, from, part);
        Assert.Equal(content[from..(from + length)], part);
        Assert.Throws<CorruptDataException>(() => storage.Read(key, from, new byte[content.Length - from + 1]));
    }

    private void Look(IStorage storage)
    {
        StorageKey missing = NewKey();
        Assert.Null(storage.SizeOf(missing));
        Assert.Throws<ObjectMissingException>(() => storage.Read(missing, 0, new byte[1]));
        if (Any() is { } key)
            Assert.Equal(_model[key].Length, storage.SizeOf(key));
    }

    private void Delete(IStorage storage)
    {
        if (Any() is not { } key)
            return;
        storage.Delete(key);
        _model.Remove(key);
        Assert.Null(storage.SizeOf(key));
    }

    private StorageKey? Any() => _model.Count == 0 ? null : _model.Keys.ElementAt(_random.Next(_model.Count));

    // Every other one is a pack: a large one of these goes up in parts.
    private StorageKey NewKey()
    {
        byte[] hash = new byte[ObjectHash.Size];
        _random.NextBytes(hash);
        return ++_named % 2 == 0
            ? StorageKey.Pack(SessionId.NewRandom(), new ObjectHash(hash))
            : StorageKey.TryParse($"index/{Convert.ToHexStringLower(hash)}")!.Value;
    }

    private byte[] Content()
    {
        byte[] content = new byte[_random.Next(4) == 0 ? _random.Next(5_000, 40_000) : _random.Next(1, 500)];
        _random.NextBytes(content);
        return content;
    }

    private List<(string, long)> Sizes() => [.. _model.Select(entry => (entry.Key.Name, (long)entry.Value.Length)).Order()];

    private static List<(string, long)> Sizes(IEnumerable<StoredObject> listed) => [.. listed.Select(found => (found.Key.Name, found.Size)).Order()];

    private static byte[] ReadAll(IStorage storage, StorageKey key)
    {
        byte[] content = new byte[storage.SizeOf(key) ?? throw new InvalidOperationException($"{key} was lost")];
        storage.Read(key, 0, content);
        return content;
    }
}
