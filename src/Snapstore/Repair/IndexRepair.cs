using Snapstore.Garbage;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>What `repair index` did.</summary>
/// <param name="Replaced">Old index objects that were removed.</param>
/// <param name="BytesWritten">Bytes of new ones.</param>
/// <param name="Problems">Packs that do not tell what they hold, and why.</param>
public sealed record IndexRepairReport(int Replaced, long BytesWritten, IReadOnlyList<string> Problems);

/// <summary>Writes the index anew from the packs themselves (spec/protocols/repair.md).</summary>
public static class IndexRepair
{
    /// <summary>Repairs.</summary>
    /// <param name="repository">Whose.</param>
    /// <param name="progress">Told how many packs were read, a few at a time.</param>
    /// <param name="cancel">Stops it; the old index objects are still there then.</param>
    public static IndexRepairReport Run(Repository repository, Action<int> progress, CancellationToken cancel)
    {
        repository.CheckWritable();
        DeletionRight.Require(repository.Storage, "nothing was repaired");
        IndexCompaction compaction = new(repository);
        IReadOnlyList<string> problems = compaction.Rebuild(progress, cancel);
        return new IndexRepairReport(compaction.Replaced, compaction.BytesWritten, problems);
    }
}
