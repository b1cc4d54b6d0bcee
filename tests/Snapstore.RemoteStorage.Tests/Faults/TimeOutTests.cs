using System.Diagnostics;
using Snapstore.RemoteStorage.S3;
using Snapstore.RemoteStorage.Tests.S3;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>Nothing hangs: whatever is wrong with every request, a call ends by its time-outs.</summary>
public sealed class TimeOutTests : IDisposable
{
    private static readonly S3Settings Settings = FakeS3.Settings with
    {
        StallTime = TimeSpan.FromMilliseconds(300),
        RetryTime = TimeSpan.FromMilliseconds(700),
        WaitMax = TimeSpan.FromMilliseconds(50),
    };

    // Server, proxy and clients share this process and two cores with other tests; a call that hangs does so for ever.
    private static readonly TimeSpan Noise = TimeSpan.FromSeconds(60);

    private readonly FakeS3 _server = new();
    private Fault _fault;

    public static TheoryData<Fault> Harm =>
    [
        Fault.InternalErrorBefore, Fault.InternalErrorAfter, Fault.BadGateway, Fault.SlowDown, Fault.TooManyRequests, Fault.Conflict,
        Fault.ResetBefore, Fault.ResetAfter, Fault.HangBefore, Fault.HangAfter, Fault.CutAnswer,
    ];

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_store_that_never_answered_is_given_up_sooner_and_at_once_when_interrupted()
    {
        S3Location nobody = S3Location.Parse("s3:http://127.0.0.1:1/bucket");
        S3Settings patient = Settings with { RetryTime = TimeSpan.FromHours(1), FirstRetryTime = TimeSpan.FromMilliseconds(500) };
        using S3Storage storage = S3Storage.Open(nobody, patient);
        Assert.True(Assert.Throws<StorageException>(() => storage.SizeOf(StorageKey.Config)).IsTransient);

        using CancellationTokenSource interrupted = new(TimeSpan.FromMilliseconds(300));
        using S3Storage given = S3Storage.Open(nobody, patient with { FirstRetryTime = TimeSpan.FromHours(1), Cancel = interrupted.Token });
        Assert.Throws<OperationCanceledException>(() => given.SizeOf(StorageKey.Config));
    }

    [Fact]
    public void A_store_that_answers_that_it_is_busy_is_waited_for_as_long_as_any()
    {
        int busy = 6;
        using FaultProxy proxy = new(_server.Port, _ => Interlocked.Decrement(ref busy) >= 0 ? Fault.SlowDown : Fault.None);
        S3Location place = S3Location.Parse(_server.NewPlace(proxy.Port));
        S3Settings patient = Settings with { RetryTime = TimeSpan.FromHours(1), FirstRetryTime = TimeSpan.FromMilliseconds(1) };
        using S3Storage storage = S3Storage.Open(place, patient);
        Assert.Null(storage.SizeOf(StorageKey.Config));
        Assert.True(busy < 0);
    }

    [Fact]
    public void One_note_tells_that_a_store_which_says_nothing_is_asked_again()
    {
        int silent = 3;
        List<string> told = [];
        using FaultProxy proxy = new(_server.Port, _ => Interlocked.Decrement(ref silent) >= 0 ? Fault.HangBefore : Fault.None);
        S3Location place = S3Location.Parse(_server.NewPlace(proxy.Port));
        using S3Storage storage = S3Storage.Open(place, Settings with { RetryTime = TimeSpan.FromHours(1), FirstRetryTime = TimeSpan.FromSeconds(90), Tell = told.Add });
        Assert.Null(storage.SizeOf(StorageKey.Config));
        Assert.Matches("looking for config: no answer in time; it is tried again for up to 90 s$", Assert.Single(told));
        Assert.StartsWith(place.ToString(), told[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_that_passes_soon_is_not_told()
    {
        List<string> told = [];
        WaitNotice notice = new(told.Add);
        notice.Add(TimeSpan.FromSeconds(2), isSilence: false, () => "soon over");
        Assert.Empty(told);
        notice.Add(TimeSpan.FromSeconds(4), isSilence: false, () => "it stays");
        notice.Add(TimeSpan.FromSeconds(9), isSilence: true, () => "still so");
        Assert.Equal(["it stays"], told);
    }

    [Fact]
    public void What_does_not_speak_https_is_not_tried_again()
    {
        S3Location place = S3Location.Parse(_server.NewPlace(_server.Port).Replace("http:", "https:", StringComparison.Ordinal));
        using S3Storage storage = S3Storage.Open(place, Settings with { RetryTime = TimeSpan.FromHours(1), FirstRetryTime = TimeSpan.FromHours(1) });
        StorageException refused = Assert.Throws<StorageException>(() => storage.SizeOf(StorageKey.Config));
        Assert.Contains("http://", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Harm))]
    public void A_store_that_never_answers_right_is_given_up_in_time(Fault fault)
    {
        using FaultProxy proxy = new(_server.Port, _ => _fault);
        using S3Storage storage = S3Storage.Create(S3Location.Parse(_server.NewPlace(proxy.Port)), makeBucket: true, Settings);
        storage.PutIfAbsent(StorageKey.Config, new byte[1000]);
        _fault = fault;
        foreach (Action call in Calls(storage))
        {
            Stopwatch time = Stopwatch.StartNew();
            StorageException failed = Assert.Throws<StorageException>(call);
            Assert.True(failed.IsTransient, failed.Message);
            Assert.Contains("run again when the store answers", failed.Message, StringComparison.Ordinal);
            Assert.True(time.Elapsed < Settings.RetryTime + (2 * Settings.StallTime) + Noise, $"{fault}: {time.Elapsed}");
        }
    }

    [Fact]
    public void A_server_that_is_not_there_is_given_up_in_time()
    {
        using S3Storage storage = S3Storage.Open(S3Location.Parse($"s3:http://127.0.0.1:{CephGateway.FreePort()}/bucket"), Settings);
        Assert.Contains("refused", Assert.Throws<StorageException>(() => storage.SizeOf(StorageKey.Config)).Message, StringComparison.OrdinalIgnoreCase);
    }

    // Cut answers to a deletion have nothing that could be missing.
    private IEnumerable<Action> Calls(S3Storage storage)
    {
        yield return () => storage.Read(StorageKey.Config, 0, new byte[1000]);
        yield return () => storage.SizeOf(StorageKey.KeySlot(SessionId.NewRandom()));
        yield return () => Assert.Empty(storage.List(""));
        yield return () => storage.PutIfAbsent(StorageKey.KeySlot(SessionId.NewRandom()), new byte[500]);
        if (_fault != Fault.CutAnswer)
            yield return () => storage.Delete(StorageKey.Config);
    }
}
