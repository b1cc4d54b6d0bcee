using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.Tests.S3;
using Xunit.Abstractions;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>The built program on a store whose every answer comes 20 ms later; what each verb takes is printed.</summary>
[Collection(CephCollection.Name)]
[Trait("Category", "Slow")]
public sealed partial class LatencyTests(ITestOutputHelper output, CephGateway ceph)
{
    private const int LargeBytes = 256 << 20, Files = 3000;

    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void A_far_store_is_used_with_several_connections()
    {
        using SnapstoreProgram program = new();
        int requests = 0;
        using FaultProxy proxy = new(ceph.Port, request => Counted(ref requests), Latency);
        program.Without("SNAPSTORE_KEY_FILE")
            .With("SNAPSTORE_REPOSITORY", Port().Replace(ceph.NewPlace(), proxy.Port.ToString(CultureInfo.InvariantCulture)))
            .With("AWS_ACCESS_KEY_ID", CephGateway.AccessKey).With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey);
        Fill(program);

        void Measure(params string[] arguments)
        {
            int before = requests;
            Stopwatch time = Stopwatch.StartNew();
            program.Run(arguments).Expect(0);
            output.WriteLine($"{arguments[0]}: {time.Elapsed.TotalSeconds:0.00} s, {requests - before} requests, at most {proxy.MostUnderWay} at a time so far");
        }

        Measure("init", "--create-bucket", "--new-key-file", program.KeyFile);
        program.With("SNAPSTORE_KEY_FILE", program.KeyFile);
        Measure("snapshot", program.Source);
        Assert.True(proxy.MostUnderWay > 1, "packs went up one after the other");
        Measure("snapshot", program.Source);
        Measure("list");
        Measure("check");
        Measure("restore", "latest", "--target", "restored");
        Directory.Delete(Path.Combine(program.Source, "b"), recursive: true);
        Measure("snapshot", program.Source);
        Measure("forget", "--keep-last", "1");
        Measure("prune");
        Measure("check", "--read-data");
    }

    private static Fault Counted(ref int requests)
    {
        Interlocked.Increment(ref requests);
        return Fault.None;
    }

    private static void Fill(SnapstoreProgram program)
    {
        byte[] content = new byte[LargeBytes];
        new Random(1).NextBytes(content);
        program.Write("a/text", "text");
        File.WriteAllBytes(Path.Combine(program.Source, "a", "large"), content);
        for (int i = 0; i < Files; i++)
            program.Write(string.Create(CultureInfo.InvariantCulture, $"b/{i % 50}/{i}"), Convert.ToBase64String(content.AsSpan(i * 5000, 3000 + (i % 1000))));
    }

    [GeneratedRegex(@"(?<=127\.0\.0\.1:)\d+")]
    private static partial Regex Port();
}
