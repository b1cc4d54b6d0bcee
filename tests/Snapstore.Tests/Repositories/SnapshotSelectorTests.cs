using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Repositories;

public sealed class SnapshotSelectorTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 10, 12, 0, 0, TimeSpan.Zero);

    private static readonly Snapshot First = Make("11112222", "2026-11-01T03:00:00Z", "one", ["a", "b"], "/etc");
    private static readonly Snapshot Second = Make("1111abcd", "2026-11-05T03:00:00Z", "two", ["a"], "/etc", "/home");
    private static readonly Snapshot Third = Make("abcd1234", "2026-11-09T03:00:00Z", "one", [], "/home");

    private static readonly SnapshotList All = new([First, Second, Third], [], []);

    [Theory]
    [InlineData("latest", 2)]
    [InlineData("latest~0", 2)]
    [InlineData("latest~2", 0)]
    [InlineData("11112", 0)]
    [InlineData("1111abcd", 1)]
    [InlineData("abcd", 2)]
    [InlineData("2026-11-05", 1)]
    [InlineData("2026-11-05T02:59", 0)]
    [InlineData("2026-11-05T03:00", 1)]
    [InlineData("2026-11-05 03:00:00", 1)]
    [InlineData("2026-11-05T04:00:00+02:00", 0)]
    [InlineData("2026-11-05T03:00Z", 1)]
    [InlineData("2d", 1)]
    [InlineData("2d ago", 1)]
    [InlineData("1d9h", 2)]
    [InlineData("1w1d", 0)]
    [InlineData("33h ago", 2)]
    public void Finds(string text, int expected) => Assert.Equal(All.Snapshots[expected].Id, Select(text).Id);

    [Theory]
    [InlineData("")]
    [InlineData("111")]
    [InlineData("ffff")]
    [InlineData("ABCD")]
    [InlineData("latest~3")]
    [InlineData("latest~")]
    [InlineData("latest~-1")]
    [InlineData("latest~99999999999")]
    [InlineData("latestx")]
    [InlineData("2026-10-31")]
    [InlineData("2026-13-01")]
    [InlineData("1y")]
    [InlineData("999y")]
    [InlineData("9999y")]
    [InlineData("9999mo9999mo9999w")]
    [InlineData("d")]
    [InlineData("\ud83d")]
    public void Refuses(string text) => Assert.Throws<UsageException>(() => Select(text));

    [Fact]
    public void An_ambiguous_id_names_the_matches()
    {
        UsageException e = Assert.Throws<UsageException>(() => Select("1111"));
        Assert.Contains("11112222", e.Message, StringComparison.Ordinal);
        Assert.Contains("1111abcd", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abcd1234", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_filter_holds_for_latest_and_times_and_not_for_ids()
    {
        SnapshotFilter ofOne = new() { Hosts = ["one"] };
        Assert.Equal(First.Id, Select("latest~1", ofOne).Id);
        Assert.Equal(First.Id, Select("2026-11-06", ofOne).Id);
        Assert.Equal(Second.Id, Select("1111abcd", ofOne).Id);
        Assert.Equal(Second.Id, Select("latest", new SnapshotFilter { TagSets = [["a"]] }).Id);
        Assert.Equal(First.Id, Select("latest", new SnapshotFilter { TagSets = [["a", "b"], ["c"]] }).Id);
        Assert.Equal(Second.Id, Select("latest", new SnapshotFilter { Paths = ["/etc"u8.ToArray(), "/home"u8.ToArray()] }).Id);
        UsageException e = Assert.Throws<UsageException>(() => Select("latest", new SnapshotFilter { Hosts = ["three"] }));
        Assert.Contains("--host", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latest", "")]
    [InlineData("latest:/", "")]
    [InlineData("latest:/etc", "/etc")]
    [InlineData("latest:/etc/", "/etc")]
    [InlineData("latest://etc/./x:/y", "/etc/x:/y")]
    [InlineData("2026-11-09T03:00:/etc", "/etc")]
    [InlineData("33h ago:/a b", "/a b")]
    public void Splits_off_the_path(string argument, string path)
    {
        SnapshotPath found = Selector(SnapshotFilter.All).SelectPath(System.Text.Encoding.UTF8.GetBytes(argument));
        Assert.Equal(Third.Id, found.Snapshot.Id);
        Assert.Equal(path, System.Text.Encoding.UTF8.GetString(found.Path));
    }

    [Fact]
    public void Paths_keep_their_bytes() =>
        Assert.Equal([(byte)'/', 0xff], Selector(SnapshotFilter.All).SelectPath([.. "latest:/"u8, 0xff]).Path);

    [Theory]
    [InlineData("latest:etc")]
    [InlineData("latest:/etc/../x")]
    [InlineData(":/etc")]
    public void Refuses_paths_that_are_not_absolute(string argument) => Assert.Throws<UsageException>(
        () => Selector(SnapshotFilter.All).SelectPath(System.Text.Encoding.UTF8.GetBytes(argument)));

    [Fact]
    public void An_empty_list_says_so_and_counts_what_it_could_not_read()
    {
        SnapshotSelector selector = new(new SnapshotList([], ["bad"], []), SnapshotFilter.All, new FixedTime());
        UsageException e = Assert.Throws<UsageException>(() => selector.Select("latest"));
        Assert.Contains("there are no snapshots", e.Message, StringComparison.Ordinal);
        Assert.Contains("1 could not be read", e.Message, StringComparison.Ordinal);
    }

    private static Snapshot Select(string text, SnapshotFilter? filter = null) => Selector(filter ?? SnapshotFilter.All).Select(text);

    private static SnapshotSelector Selector(SnapshotFilter filter) => new(All, filter, new FixedTime());

    private static Snapshot Make(string prefix, string time, string host, string[] tags, params string[] paths)
    {
        Assert.True(SessionId.TryParse(prefix.PadRight(32, '0'), out SessionId id));
        Manifest manifest = new()
        {
            Root = default,
            Source = SourceKind.Files,
            TimeNanoseconds = UnixTime.ToNanoseconds(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)),
            Host = host,
            Paths = [.. paths.Select(System.Text.Encoding.UTF8.GetBytes)],
        };
        return new Snapshot(id, manifest, tags, default);
    }

    private sealed class FixedTime : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
