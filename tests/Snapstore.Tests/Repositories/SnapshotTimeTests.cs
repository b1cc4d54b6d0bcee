using Snapstore.Repositories;

namespace Snapstore.Tests.Repositories;

public sealed class SnapshotTimeTests
{
    [Theory]
    [InlineData("2262-04-11T23:47")]
    [InlineData("2262-04-12")]
    [InlineData("3026-11-01T12:00:00+02:00")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    [InlineData("0001-01-01")]
    [InlineData("1677-09-21")]
    public void A_time_ends_no_sooner_than_it_begins_at_the_ends_of_what_nanoseconds_reach(string text) =>
        Assert.InRange(SnapshotTime.TryParseEnd(text, TimeProvider.System)!.Value, SnapshotTime.TryParseStart(text, TimeProvider.System)!.Value, long.MaxValue);
}
