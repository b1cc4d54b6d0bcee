using Snapstore.Repositories;

namespace Snapstore.Tests.Repositories;

/// <summary>Rooms for ranges of packs: used again, and bounded in all.</summary>
public sealed class RangeRoomsTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public async Task Who_would_take_too_much_waits_until_something_is_given_back()
    {
        RangeRooms rooms = new(10 * MiB);
        byte[] first = rooms.Take(6 * MiB), second = rooms.Take((2 * MiB) - 1), third = rooms.Take(2 * MiB);
        Task<byte[]> waiting = Task.Run(() => rooms.Take(3 * MiB));
        await AssertWaits(waiting);
        rooms.Give(second);
        await AssertWaits(waiting);
        rooms.Give(third);
        Assert.Equal(3 * MiB, (await waiting.WaitAsync(TimeSpan.FromSeconds(60))).Length);
        rooms.Give(first);
    }

    [Fact]
    public async Task One_larger_than_all_is_had_alone()
    {
        RangeRooms rooms = new(MiB);
        byte[] large = rooms.Take(5 * MiB);
        Task<byte[]> waiting = Task.Run(() => rooms.Take(MiB / 2));
        await AssertWaits(waiting);
        rooms.Give(large);
        _ = await waiting.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void Rooms_are_used_again_and_give_way_to_other_sizes()
    {
        RangeRooms rooms = new(8 * MiB);
        byte[] large = rooms.Take(4 * MiB), small = rooms.Take(MiB);
        rooms.Give(large);
        rooms.Give(small);
        Assert.Same(small, rooms.Take(MiB - 5));
        Assert.Same(large, rooms.Take((3 * MiB) + 1));
        rooms.Give(large);
        rooms.Give(small);
        byte[] larger = rooms.Take(8 * MiB);
        rooms.Give(larger);
        Assert.Same(larger, rooms.Take(MiB));
    }

    [Fact]
    public void Small_ones_take_no_room()
    {
        RangeRooms rooms = new(MiB);
        byte[] all = rooms.Take(MiB);
        byte[] small = rooms.Take(5);
        Assert.Equal(5, small.Length);
        rooms.Give(small);
        rooms.Give(null);
        rooms.Give(all);
    }

    private static async Task AssertWaits(Task waiting)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        Assert.False(waiting.IsCompleted);
    }
}
