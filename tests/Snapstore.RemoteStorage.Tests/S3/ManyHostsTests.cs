using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;
using Xunit.Abstractions;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>Eight hosts, each with a cache and data of its own and one file that all have, write to one repository on Ceph at
/// once, while one prunes and one checks: every run ends well and soon, and what is left comes back as it was.</summary>
[Collection(CephCollection.Name)]
[Trait("Category", "Slow")]
public sealed class ManyHostsTests(ITestOutputHelper output, CephGateway ceph) : IDisposable
{
    private const int Hosts = 8, RoundsMin = 4, RoundsMax = 7, PrunesMin = 3, CommonBytes = 8 << 20, OwnBytes = 512 << 10;

    private static readonly TimeSpan HostsTimeMax = TimeSpan.FromMinutes(6), OthersTimeMax = TimeSpan.FromMinutes(3);
    private static readonly byte[] Common = Bytes(1, CommonBytes);

    private readonly string _place = ceph.NewPlace();
    private readonly SnapstoreProgram[] _hosts = [.. Enumerable.Range(0, Hosts).Select(_ => new SnapstoreProgram())];
    private readonly SnapstoreProgram _pruner = new(), _checker = new();
    private readonly ConcurrentDictionary<string, (int Host, int Round)> _taken = [];
    private readonly int[] _rounds = new int[Hosts];
    private int _prunes, _checks;
    private long _packsDeleted;

    public void Dispose()
    {
        _pruner.Dispose();
        _checker.Dispose();
        foreach (SnapstoreProgram host in _hosts)
            host.Dispose();
    }

    [Fact]
    public async Task Eight_hosts_write_while_one_prunes_and_one_checks()
    {
        Prepare();
        Stopwatch time = Stopwatch.StartNew();
        using CancellationTokenSource done = new();
        Task pruning = Repeat(Prune, done.Token);
        Task checking = Repeat(Check, done.Token);
        Task[] hosts = [.. Enumerable.Range(0, Hosts).Select(host => Start(() => TakeSnapshots(host)))];

        // Each run is bounded by itself (SnapstoreProgram); nobody may keep another from its end either.
        try
        {
            await Task.WhenAll(hosts).WaitAsync(HostsTimeMax);
        }
        finally
        {
            await done.CancelAsync();
            await Task.WhenAll(pruning, checking).WaitAsync(OthersTimeMax);
        }

        output.WriteLine($"{_taken.Count} snapshots, {_prunes} prunes that removed {_packsDeleted} packs, {_checks} checks in {time.Elapsed.TotalSeconds:0.0} s");
        Assert.True(_packsDeleted > 0, "no prune removed anything while hosts wrote");
        _pruner.Run("forget", "--keep-last", "2", "--prune", "--max-unused", "0%").Expect(0);
        _checker.Run("check", "--read-data").Expect(0);
        RestoreAll();
        CommonContentIsThereOnce();
    }

    private void Prepare()
    {
        foreach (SnapstoreProgram program in (SnapstoreProgram[])[.. _hosts, _pruner, _checker])
        {
            program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", _place).With("AWS_EC2_METADATA_DISABLED", "true")
                .With("AWS_ACCESS_KEY_ID", CephGateway.AccessKey).With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey);
        }

        _pruner.Run("init", "--create-bucket", "--new-key-file", _pruner.KeyFile).Expect(0);
        foreach (SnapstoreProgram program in (SnapstoreProgram[])[.. _hosts, _pruner, _checker])
            program.With("SNAPSTORE_KEY_FILE", _pruner.KeyFile);
    }

    private void TakeSnapshots(int host)
    {
        SnapstoreProgram program = _hosts[host];
        program.Write("text", "a host's own");
        File.WriteAllBytes(Path.Combine(program.Source, "common"), Common);
        for (int round = 0; round < RoundsMin || (round < RoundsMax && Volatile.Read(ref _prunes) < PrunesMin); round++)
        {
            File.WriteAllBytes(Path.Combine(program.Source, "own"), Own(host, round));
            string id = program.Snapshot("--host", $"host{host.ToString(CultureInfo.InvariantCulture)}");
            _taken[id] = (host, round);
            _rounds[host] = round + 1;
        }
    }

    private void RestoreAll()
    {
        string[] left = [.. _checker.Run("list", "--json").Expect(0).Objects
            .Where(line => line.GetProperty("type").GetString() == "snapshot").Select(line => line.GetProperty("id").GetString()!)];
        Assert.Equal(_taken.Where(taken => taken.Value.Round >= _rounds[taken.Value.Host] - 2).Select(taken => taken.Key).Order(), left.Order());
        foreach (string id in left)
        {
            (int host, int round) = _taken[id];
            _checker.Run("restore", id, "--target", id).Expect(0);
            string restored = Path.Combine(_checker.Folder, id, _hosts[host].Source.TrimStart('/'));
            Assert.Equal(["common", "own", "text"], Directory.GetFiles(restored).Select(Path.GetFileName).Order());
            Assert.True(File.ReadAllBytes(Path.Combine(restored, "own")).AsSpan().SequenceEqual(Own(host, round)), $"own of {id}");
            Assert.True(File.ReadAllBytes(Path.Combine(restored, "common")).AsSpan().SequenceEqual(Common), $"common of {id}");
        }
    }

    // Hosts that began at the same moment each stored it, for none could see the other's; the prune keeps one copy.
    private void CommonContentIsThereOnce()
    {
        const long Distinct = CommonBytes + (2L * Hosts * OwnBytes);
        JsonElement stats = _checker.Run("stats", "--json").Expect(0).Objects.Single(line => line.GetProperty("type").GetString() == "repository_stats");
        using S3Storage storage = S3Storage.Open(S3Location.Parse(_place), CephGateway.Settings);
        long packs = storage.List(StorageKey.PacksPrefix).Sum(found => found.Size);
        output.WriteLine($"{Distinct} distinct bytes of content, {stats.GetProperty("blob_bytes").GetInt64()} in blobs, {packs} in packs");
        Assert.InRange(packs, Distinct, Distinct + (CommonBytes / 2));
        SnapstoreProgram newcomer = _hosts[0];
        File.Delete(Path.Combine(newcomer.Source, "own"));
        newcomer.Run("snapshot", newcomer.Source, "--host", "newcomer").Expect(0);
        Assert.InRange(storage.List(StorageKey.PacksPrefix).Sum(found => found.Size) - packs, 1, CommonBytes / 16);
    }

    private void Prune()
    {
        ProgramRun run = _pruner.Run("forget", "--keep-last", "2", "--prune", "--json").Expect(0);
        _packsDeleted += run.Objects[^1].GetProperty("packs_deleted").GetInt64();
        Interlocked.Increment(ref _prunes);
    }

    private void Check()
    {
        _checker.Run("check").Expect(0);
        _checks++;
    }

    private static Task Repeat(Action run, CancellationToken end) => Start(() =>
    {
        while (!end.IsCancellationRequested)
            run();
    });

    private static Task Start(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static byte[] Own(int host, int round) => Bytes(1000 + (host * RoundsMax) + round, OwnBytes);

    private static byte[] Bytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
