namespace Snapstore.RemoteStorage.Tests;

/// <summary>The number of connections follows the quickest answer.</summary>
public sealed class StorageLatencyTests
{
    [Fact]
    public void Before_any_answer_it_is_guessed() => Assert.Equal(8, new StorageLatency().RequestsMax);

    [Theory]
    [InlineData(0.3, 4)]
    [InlineData(20, 12)]
    [InlineData(70, 24)]
    [InlineData(900, 24)]
    public void The_farther_the_more(double milliseconds, int expected)
    {
        StorageLatency latency = new();
        latency.Add(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(expected, latency.RequestsMax);
    }

    [Fact]
    public void The_quickest_answer_counts()
    {
        StorageLatency latency = new();
        foreach (int milliseconds in (int[])[200, 20, 90])
            latency.Add(TimeSpan.FromMilliseconds(milliseconds));
        Assert.Equal(12, latency.RequestsMax);
    }
}
