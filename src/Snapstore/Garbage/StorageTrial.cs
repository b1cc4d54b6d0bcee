using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>The trial whether a storage is fit for a prune beside writers (<see cref="StorageProbe"/>): under way while a prune only
/// looks, where the storage is far; done at once where it is near.</summary>
internal sealed class StorageTrial : IDisposable
{
    private readonly IStorage _storage;
    private readonly Task<string?> _trial;

    /// <summary>Begins it.</summary>
    /// <exception cref="UnsupportedException">The storage says of itself that it is not fit.</exception>
    public StorageTrial(IStorage storage)
    {
        _storage = storage;
        if (storage.RaceHazard is { } hazard)
            throw Unfit(hazard);
        _trial = storage.RequestsMax > 1
            ? Requests.Start(() => StorageProbe.FindFault(storage))
            : Task.FromResult(StorageProbe.FindFault(storage));
    }

    /// <summary>Waits for its end. Comes before anything is changed.</summary>
    /// <exception cref="UnsupportedException">The storage does not keep what the protocol rests on.</exception>
    public void Require()
    {
        if (_trial.GetAwaiter().GetResult() is { } fault)
            throw Unfit(fault);
    }

    /// <summary>Waits for its end, whatever it is.</summary>
    public void Dispose() => Requests.AwaitEnd(_trial);

    private UnsupportedException Unfit(string fault) =>
        new($"{_storage.Location} {fault}: on such a storage a prune beside writers is not safe; use: snapstore prune --exclusive, while nothing else uses the repository");
}
