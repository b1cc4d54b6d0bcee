using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Snapstore.RemoteStorage.S3;
using Snapstore.RemoteStorage.Tests.S3;
using Xunit.Abstractions;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>Thousands of seeded cases between a client and a store with a proxy that does harm between them.</summary>
/// <remarks>SNAPSTORE_FAULT_SEED=N runs the case of that seed alone.</remarks>
[Collection(CephCollection.Name)]
public sealed partial class FaultTests(ITestOutputHelper output, CephGateway ceph)
{
    private const int Threads = 8;

    private static readonly Fault[] Harm = [.. Enum.GetValues<Fault>().Where(fault => fault != Fault.None)];

    /// <summary>Runs the cases of these seeds; fails with the seeds that failed, and where a fault came to pass too seldom.</summary>
    private void Run(int cases, int store, S3Settings settings, Func<int, int, string> placeOf, int hangsPerMille)
    {
        ConcurrentDictionary<string, int> asked = [];
        using FaultProxy proxy = new(store, request => Choose(request, asked, hangsPerMille));
        (int first, int end) = Environment.GetEnvironmentVariable("SNAPSTORE_FAULT_SEED") is { Length: > 0 } text ? (int.Parse(text, CultureInfo.InvariantCulture), int.Parse(text, CultureInfo.InvariantCulture) + 1) : (0, cases);
        ConcurrentQueue<int> seeds = new(Enumerable.Range(first, end - first));
        ConcurrentBag<string> failures = [];
        Stopwatch time = Stopwatch.StartNew();
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            while (seeds.TryDequeue(out int seed))
                RunCase(seed, placeOf(proxy.Port, seed), placeOf(store, seed), settings, failures);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        output.WriteLine($"{end - first} cases in {time.Elapsed.TotalSeconds:0} s; {string.Join(", ", proxy.Counts.OrderBy(count => count.Key).Select(count => $"{count.Key} {count.Value}"))}");
        Assert.True(failures.IsEmpty, string.Join("\n", failures.Order()));
        if (end - first == cases)
            Assert.All(Harm.Where(fault => settings.PartsAbove < 1 << 20 || fault != Fault.ErrorIn200), fault => Assert.True(proxy.Counts.GetValueOrDefault(fault) > cases / 300, $"{fault} came to pass {proxy.Counts.GetValueOrDefault(fault)} times"));
    }

    private static void RunCase(int seed, string place, string direct, S3Settings settings, ConcurrentBag<string> failures)
    {
        try
        {
            using S3Storage open = S3Storage.Create(S3Location.Parse(direct), makeBucket: true, settings with { StallTime = TimeSpan.FromMinutes(1) });
            using S3Storage first = S3Storage.Open(S3Location.Parse(place), settings), second = S3Storage.Open(S3Location.Parse(place), settings);
            new FaultCase(seed, first, second, open).Run();
        }
        catch (Exception e)
        {
            failures.Add($"seed {seed}: {e}");
        }
    }

    // A function of the case and of how many requests it made before: the same harm whenever it is run again.
    private static Fault Choose(HttpMessage request, ConcurrentDictionary<string, int> asked, int hangsPerMille)
    {
        string name = CaseName().Match(request.Target).Value;
        int number = asked.AddOrUpdate(name, 1, (_, count) => count + 1);
        Random random = new(HashCode(name, number));
        if (random.Next(5) != 0)
            return Fault.None;
        Fault fault = Harm[random.Next(Harm.Length)];
        bool isHang = fault is Fault.HangBefore or Fault.HangAfter;
        return isHang && random.Next(1000) >= hangsPerMille ? Fault.ResetAfter : fault;
    }

    private static int HashCode(string name, int number)
    {
        uint hash = 2166136261;
        foreach (char c in string.Create(CultureInfo.InvariantCulture, $"{name}/{number}"))
            hash = unchecked((hash ^ c) * 16777619);
        return unchecked((int)hash);
    }

    [Fact]
    public void Five_thousand_cases_lose_nothing()
    {
        using FakeS3 server = new();
        S3Settings settings = FakeS3.Settings with { StallTime = TimeSpan.FromMilliseconds(400), ListPage = 3, PartsAbove = 10_000, PartSize = 6_000 };
        Run(5000, server.Port, settings, (port, seed) => string.Create(CultureInfo.InvariantCulture, $"s3:http://127.0.0.1:{port}/case-{seed}/below"), hangsPerMille: 300);
    }

    [Fact]
    public void Hundreds_of_cases_on_Ceph_lose_nothing()
    {
        // Parts of a store like this are 5 MiB or more: objects of these cases go up whole.
        S3Settings settings = CephGateway.Settings with { StallTime = TimeSpan.FromSeconds(3), ListPage = 3, WaitFirst = TimeSpan.FromMilliseconds(5), WaitMax = TimeSpan.FromMilliseconds(100) };
        Run(300, ceph.Port, settings, (port, seed) => string.Create(CultureInfo.InvariantCulture, $"s3:http://127.0.0.1:{port}/faults/case-{seed}"), hangsPerMille: 300);
    }

    [GeneratedRegex(@"case-\d+")]
    private static partial Regex CaseName();
}
