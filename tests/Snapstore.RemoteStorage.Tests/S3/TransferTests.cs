using System.Diagnostics;
using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

public sealed class TransferTests(FakeS3 server) : IClassFixture<FakeS3>
{
    private const int Size = 600 << 10;

    private static StorageKey Pack => StorageKey.TryParse("packs/aa/one")!.Value;

    [Fact]
    public void Limits_hold_both_ways_and_over_all_connections()
    {
        S3Settings settings = FakeS3.Settings with { Upload = new RateLimit(1 << 20), Download = new RateLimit(1 << 20) };
        using S3Storage storage = S3Storage.Create(S3Location.Parse(server.NewPlace()), makeBucket: true, settings);
        TimeSpan up = Time(() => Parallel.For(0, 2, i => storage.PutIfAbsent(StorageKey.TryParse($"index/{i}")!.Value, new byte[Size])));
        Assert.InRange(up.TotalSeconds, 1.0, 5);
        TimeSpan down = Time(() => Parallel.For(0, 2, i => storage.Read(StorageKey.TryParse($"index/{i}")!.Value, 0, new byte[Size])));
        Assert.InRange(down.TotalSeconds, 1.0, 5);
    }

    [Fact]
    public void A_limit_below_what_keeps_connections_alive_is_refused() => Assert.Throws<UsageException>(() => new RateLimit(1000));

    [Fact]
    public void Objects_that_do_not_fit_in_memory_wait_in_a_file()
    {
        using S3Storage storage = S3Storage.Create(S3Location.Parse(server.NewPlace()), makeBucket: true, FakeS3.Settings);
        byte[] piece = new byte[3_000_000];
        List<IPendingObject> waiting = [];
        for (int i = 0; i < 4; i++)
        {
            waiting.Add(storage.BeginObject());
            for (int n = 0; n < 14; n++)
            {
                new Random((i * 14) + n).NextBytes(piece);
                waiting[i].Append(piece);
            }
        }

        Assert.True(waiting[3].Publish(Pack));
        waiting.ForEach(pending => pending.Dispose());
        byte[] stored = new byte[piece.Length];
        for (int n = 0; n < 14; n++)
        {
            new Random((3 * 14) + n).NextBytes(piece);
            storage.Read(Pack, (long)n * piece.Length, stored);
            Assert.Equal(piece, stored);
        }
    }

    private static TimeSpan Time(Action action)
    {
        Stopwatch time = Stopwatch.StartNew();
        action();
        return time.Elapsed;
    }
}
