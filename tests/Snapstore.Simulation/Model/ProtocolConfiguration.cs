using System.Globalization;

namespace Snapstore.Simulation.Model;

/// <summary>Who takes part, how often, and by which rules. Sessions are numbered: two old ones, the writers' attempts, the pruners' repacks.</summary>
internal sealed record ProtocolConfiguration(int Writers, int Pruners, int Generations)
{
    public const int WritersMax = 2, PrunersMax = 2;

    /// <summary>The session of the old snapshot whose pack is there from the start.</summary>
    public const int Old = 0;

    /// <summary>The session of a second old snapshot, see <see cref="Kept"/>. It has no pack of its own.</summary>
    public const int Other = 1;

    private const int FirstWriter = 2;

    /// <summary>How many sessions a writer may open one after another when it is refused.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>How many registers the forgetter retires, whichever they are.</summary>
    public int Forgets { get; init; } = 1;

    /// <summary>Whether pruners may repack: the old pack then holds a blob that nobody needs.</summary>
    public bool Repack { get; init; }

    /// <summary>Whether a second snapshot needs the old pack.</summary>
    public bool Kept { get; init; }

    /// <summary>Whether the old snapshot and the second writer need both blobs, the first writer one.</summary>
    public bool TwoBlobs { get; init; }

    /// <summary>Whether the verdict lists packs before snapshots.</summary>
    public bool PacksFirstAtVerdict { get; init; }

    public ProtocolRules Rules { get; init; } = ProtocolRules.All;

    public bool Has(ProtocolRules rule) => (Rules & rule) != 0;

    public int SessionOfWriter(int index, int attempt) => FirstWriter + (index * Attempts) + attempt;

    public int SessionOfPruner(int index, int generation) => FirstWriter + (Writers * Attempts) + (index * Generations) + generation;

    /// <summary>The blobs that a snapshot of this session refers to.</summary>
    public Blobs BlobsOf(int session) =>
        TwoBlobs && (session < FirstWriter || session >= SessionOfWriter(1, 0)) ? Blobs.Both : Blobs.A;

    /// <summary>The blobs that a writer backs up.</summary>
    public Blobs Wanted(int writer) => BlobsOf(SessionOfWriter(writer, 0));

    /// <summary>The state before anybody moved.</summary>
    public ProtocolState Start()
    {
        if (Writers > WritersMax || Pruners > PrunersMax || SessionOfPruner(Pruners, 0) > SessionSet.Capacity)
            throw new InvalidOperationException("the configuration does not fit in a state");
        StoreState store = new() { Commits = Kept ? SessionSet.Of(Old).With(Other) : SessionSet.Of(Old) };
        return new ProtocolState(
            store.WithPack(Old, Repack || TwoBlobs ? Blobs.Both : Blobs.A),
            new WriterState(WriterSteps.First(this)),
            new PrunerState(PrunerStep.Choose),
            new ForgetterState(ForgetterStep.Choose, Target: 0, (ushort)Forgets));
    }

    /// <summary>The first valid snapshot that lacks a blob, or -1.</summary>
    public int BrokenSnapshot(StoreState store)
    {
        Blobs stored = store.BlobsIn(store.Packs);
        foreach (int snapshot in store.Valid)
        {
            if ((BlobsOf(snapshot) & ~stored) != 0)
                return snapshot;
        }

        return -1;
    }

    /// <summary>The blobs that valid snapshots refer to.</summary>
    public Blobs LiveBlobs(SessionSet snapshots)
    {
        Blobs live = Blobs.None;
        foreach (int snapshot in snapshots)
            live |= BlobsOf(snapshot);
        return live;
    }

    public string NameOf(int session) => session switch
    {
        Old => "old",
        Other => "other",
        _ when session < SessionOfPruner(0, 0) => Name("writer", session - FirstWriter, Attempts),
        _ => Name("pruner", session - SessionOfPruner(0, 0), Generations),
    };

    /// <summary>Short, as in spec/protocols/garbage-model.md.</summary>
    public override string ToString()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{Writers}w{Pruners}p{Generations}g");
        name += Attempts > 1 ? string.Create(CultureInfo.InvariantCulture, $" attempts={Attempts}") : "";
        name += Forgets > 1 ? string.Create(CultureInfo.InvariantCulture, $" forgets={Forgets}") : "";
        name += (Repack ? " repack" : "") + (Kept ? " kept" : "") + (TwoBlobs ? " two-blobs" : "");
        return name + (PacksFirstAtVerdict ? " packs-first" : "");
    }

    private static string Name(string actor, int number, int each) =>
        string.Create(CultureInfo.InvariantCulture, $"{actor}{number / each}.{number % each}");
}
