using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Xunit.Abstractions;

namespace Snapstore.Tests;

/// <summary>The golden repositories with one thing wrong: a bit flipped, an object cut, lost, exchanged or doubled. Check
/// tells of it, and reading all contents gives the exact bytes or an error of Snapstore's; never anything else.</summary>
public sealed class GoldenDamageTests(ITestOutputHelper output)
{
    // Of a large object one byte of so many is altered (header, trailer and directory: every one), and it is cut at one of so many.
    private const int FlipStride = 7, CutStride = 61, SmallObjectMax = 2048;

    private TestStorage _good = Load("v1");
    private string _keyFile = "";
    private readonly Dictionary<SessionId, SortedDictionary<string, string>> _contents = [];
    private readonly ConcurrentDictionary<string, int> _counts = [];

    /// <summary>Which, how many snapshots it holds, and of how many cases a normal run takes one: another one each time.</summary>
    public static TheoryData<string, int, int> Repositories => new() { { "v1", 3, 24 }, { "v1-deltas", 9, 240 } };

    [Theory]
    [MemberData(nameof(Repositories))]
    public void Flipped_bits_and_cuts(string repository, int snapshots, int partOfNormalRun) =>
        Run(repository, snapshots, () => Part([.. Flips(), .. Cuts()], partOfNormalRun));

    [Theory]
    [MemberData(nameof(Repositories))]
    [Trait("Category", "Slow")]
    public void All_flipped_bits_and_cuts(string repository, int snapshots, int _) => Run(repository, snapshots, () => [.. Flips(), .. Cuts()]);

    [Theory]
    [MemberData(nameof(Repositories))]
    public void Objects_lost_exchanged_or_doubled(string repository, int snapshots, int _) => Run(repository, snapshots, () => [.. Losses(), .. Exchanges(), .. Doubles()]);

    private static TestStorage Load(string name)
    {
        TestStorage storage = new();
        string root = Checkout.PathOf("tests", "golden", name, "repository");
        foreach (string file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
            storage[Path.GetRelativePath(root, file)] = File.ReadAllBytes(file);
        return storage;
    }

    private static IEnumerable<Damage> Part(IEnumerable<Damage> all, int one)
    {
        int first = new Random().Next(one);
        return all.Where((_, number) => number % one == first);
    }

    private IEnumerable<Damage> Flips() =>
        from name in _good.Names
        let content = _good[name]
        from at in Enumerable.Range(0, content.Length)
        where IsNearAnEnd(content, at) || at % FlipStride == 0
        select new Damage("flipped", $"{name} flipped at {at}", storage => storage[name] = Flipped(content, at));

    private IEnumerable<Damage> Cuts() =>
        from name in _good.Names
        let content = _good[name]
        from length in Enumerable.Range(0, content.Length)
        where content.Length <= SmallObjectMax || length % CutStride == 0 || length + PackFrame.TrailerSize >= content.Length
        select new Damage("cut", $"{name} cut to {length}", storage => storage[name] = content[..length]);

    private IEnumerable<Damage> Losses() =>
        _good.Names.Select(name => new Damage("lost", $"{name} lost", storage => storage.Remove(name)));

    private IEnumerable<Damage> Exchanges() =>
        from one in _good.Names
        from other in _good.Names
        where string.CompareOrdinal(one, other) < 0 && KindOf(one) == KindOf(other)
        select new Damage("exchanged", $"{one} exchanged with {other}", storage => (storage[one], storage[other]) = (_good[other], _good[one]));

    private IEnumerable<Damage> Doubles() =>
        from one in _good.Names
        from other in _good.Names
        where one != other && KindOf(one) == KindOf(other)
        select new Damage("doubled", $"{one} in the place of {other}", storage => storage[other] = _good[one]);

    // In a pack: header, directory and trailer. Other objects are small, and all their bytes are altered.
    private static bool IsNearAnEnd(byte[] content, int at)
    {
        if (content.Length <= SmallObjectMax)
            return true;
        int directory = BitConverter.ToInt32(content.AsSpan(content.Length - PackFrame.TrailerSize, sizeof(int)));
        return at < PackFrame.HeaderSize || at >= content.Length - PackFrame.TrailerSize - directory;
    }

    private static byte[] Flipped(byte[] content, int at)
    {
        byte[] flipped = [.. content];
        flipped[at] ^= (byte)(1 << (at % 8));
        return flipped;
    }

    private static string KindOf(string name) => name.Split('/', ' ')[0];

    private void Run(string name, int snapshots, Func<IEnumerable<Damage>> cases)
    {
        Stopwatch clock = Stopwatch.StartNew();
        _good = Load(name);
        _keyFile = File.ReadAllText(Checkout.PathOf("tests", "golden", name, "key-file.txt"));
        using (Repository repository = Open(_good))
        {
            foreach (Snapshot snapshot in SnapshotList.Load(repository).Snapshots)
                _contents[snapshot.Id] = SnapshotContents.ReadAll(repository, snapshot.Id);
        }

        Assert.Equal(snapshots, _contents.Count);
        Parallel.ForEach(cases(), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, Examine);
        foreach ((string what, int count) in _counts.OrderBy(static count => count.Key, StringComparer.Ordinal))
            output.WriteLine($"{count,7} {what}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:f1} s"));
    }

    private void Examine(Damage damage)
    {
        TestStorage storage = _good.Copy();
        damage.Do(storage);
        try
        {
            string check = Check(storage);
            string reading = Read(storage);
            Assert.DoesNotContain("WRONG", reading, StringComparison.Ordinal);
            Assert.True(reading == "exact" || check is "damage" or "refused" || damage.Kind == "lost", $"{damage.Name}: check says {check}, and reading gives an error");
            // What no check notices and nothing misses is harmless: above all, the slot of a password that is not in use.
            string outcome = check == "whole" && reading == "exact" ? "harmless" : $"check: {check}, reading: {reading}";
            _counts.AddOrUpdate($"{damage.Kind} {KindOf(damage.Name)}: {outcome}", 1, static (_, count) => count + 1);
        }
        catch (Exception e)
        {
            Assert.Fail($"{damage.Name}: {e}");
        }
    }

    private string Check(TestStorage storage)
    {
        try
        {
            using Repository repository = Open(storage);
            CheckOptions options = new() { ReadData = ReadDataSelection.All, Workers = 0 };
            CheckReport report = Checker.Run(repository, options, new CheckProgress(), CancellationToken.None);
            return report.HasDamage ? "damage" : report.Findings.Count > 0 ? "note" : "whole";
        }
        catch (SnapstoreException)
        {
            return "refused";
        }
    }

    private string Read(TestStorage storage)
    {
        try
        {
            using Repository repository = Open(storage);
            string[] read = [.. _contents.Keys.Select(id => Read(repository, id))];
            return string.Join(' ', read.Distinct().Order(StringComparer.Ordinal));
        }
        catch (SnapstoreException)
        {
            return "refused";
        }
    }

    private string Read(Repository repository, SessionId id)
    {
        try
        {
            return SnapshotContents.ReadAll(repository, id).SequenceEqual(_contents[id]) ? "exact" : "WRONG";
        }
        catch (SnapstoreException)
        {
            return "error";
        }
    }

    // By the key file: a password would cost a quarter of a second each time.
    private Repository Open(TestStorage storage)
    {
        using SlotSecret secret = SlotSecret.OfKeyFile(_keyFile);
        return RepositoryOpener.Open(storage, secret);
    }

    /// <summary>One thing done to the repository.</summary>
    private sealed record Damage(string Kind, string Name, Action<TestStorage> Do);
}
