using System.Text;
using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

/// <summary>What every storage must do (spec/storage.md, "Contract"). A class per implementation inherits it.</summary>
public abstract class StorageContract
{
    private static readonly byte[] First = "the first content"u8.ToArray();

    /// <summary>An empty storage; the test that asked for it disposes of it.</summary>
    protected abstract IStorage Make();

    protected static StorageKey Key(string name) => StorageKey.TryParse(name) ?? throw new ArgumentException(name);

    protected static byte[] ReadAll(IStorage storage, StorageKey key)
    {
        byte[] content = new byte[storage.SizeOf(key) ?? throw new InvalidOperationException($"{key} is not there")];
        storage.Read(key, 0, content);
        return content;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(5_000_000)]
    public void An_object_reads_back_as_it_was_put(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        using IStorage storage = Make();
        Assert.True(storage.PutIfAbsent(Key("packs/aa/one"), content));
        Assert.Equal(size, storage.SizeOf(Key("packs/aa/one")));
        Assert.Equal(content, ReadAll(storage, Key("packs/aa/one")));
    }

    [Fact]
    public void An_existing_name_is_left_as_it_is()
    {
        using IStorage storage = Make();
        Assert.True(storage.PutIfAbsent(Key("config"), First));
        Assert.False(storage.PutIfAbsent(Key("config"), "the second"u8));
        Assert.Equal(First, ReadAll(storage, Key("config")));
    }

    [Fact]
    public void Of_32_threads_that_race_for_a_name_exactly_one_wins()
    {
        using IStorage storage = Make();
        for (int round = 0; round < 20; round++)
        {
            StorageKey key = Key($"snapshots/{round}");
            using Barrier start = new(32);
            bool[] won = new bool[32];
            Thread[] threads = [.. Enumerable.Range(0, 32).Select(i => new Thread(() =>
            {
                byte[] own = Encoding.ASCII.GetBytes($"content of writer {i}");
                start.SignalAndWait();
                won[i] = storage.PutIfAbsent(key, own);
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            int winner = Assert.Single(Enumerable.Range(0, 32), i => won[i]);
            Assert.Equal($"content of writer {winner}", Encoding.ASCII.GetString(ReadAll(storage, key)));
        }
    }

    [Fact]
    public void A_listing_shows_what_was_put_before_it_and_not_what_was_deleted()
    {
        using IStorage storage = Make();
        for (int i = 0; i < 100; i++)
        {
            storage.PutIfAbsent(Key($"packs/{i % 3}/{i}"), new byte[i]);
            Assert.Contains(new StoredObject(Key($"packs/{i % 3}/{i}"), i), storage.List("packs/"));
        }

        storage.Delete(Key("packs/1/1"));
        Assert.Equal(99, storage.List("packs/").Count());
        Assert.Equal(33, storage.List("packs/1/").Count() + 1);
    }

    [Fact]
    public void A_listing_keeps_to_its_folder()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("config"), First);
        storage.PutIfAbsent(Key("keys/a"), First);
        storage.PutIfAbsent(Key("keys-old/a"), First);
        Assert.Equal(["keys/a"], storage.List("keys/").Select(o => o.Key.Name));
        Assert.Equal(["config", "keys-old/a", "keys/a"], storage.List("").Select(o => o.Key.Name).Order(StringComparer.Ordinal));
        Assert.Empty(storage.List("index/"));
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("/")]
    [InlineData("../")]
    [InlineData("tmp/")]
    [InlineData("keys//")]
    public void A_listing_of_what_is_no_folder_of_a_repository_is_refused(string prefix)
    {
        using IStorage storage = Make();
        Assert.Throws<ArgumentException>(() => storage.List(prefix).Count());
    }

    [Fact]
    public void Any_range_can_be_read()
    {
        using IStorage storage = Make();
        byte[] content = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 251))];
        storage.PutIfAbsent(Key("packs/aa/one"), content);
        foreach ((int offset, int length) in new[] { (0, 1000), (0, 1), (999, 1), (500, 500), (1000, 0), (17, 300) })
        {
            byte[] part = new byte[length];
            storage.Read(Key("packs/aa/one"), offset, part);
            Assert.Equal(content[offset..(offset + length)], part);
        }
    }

    [Theory]
    [InlineData(0, 11)]
    [InlineData(10, 1)]
    [InlineData(9, 2)]
    [InlineData(1L << 40, 1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MaxValue - 1, 1)]
    [InlineData(-1, 1)]
    [InlineData(long.MinValue, 1)]
    public void A_read_past_the_end_is_damage(long offset, int length)
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("packs/aa/one"), new byte[10]);
        Assert.Throws<CorruptDataException>(() => storage.Read(Key("packs/aa/one"), offset, new byte[length]));
    }

    [Fact]
    public void A_missing_object_is_told_apart()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("packs/aa/one"), First);
        foreach (string name in new[] { "config", "packs/aa/two", "packs/bb/one", "keys/one" })
        {
            Assert.Null(storage.SizeOf(Key(name)));
            ObjectMissingException missing = Assert.Throws<ObjectMissingException>(() => storage.Read(Key(name), 0, new byte[1]));
            Assert.Equal(Key(name), missing.Key);
        }
    }

    [Fact]
    public void A_deleted_object_is_gone_for_readers_that_read_it_before()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("packs/aa/one"), First);
        storage.Read(Key("packs/aa/one"), 0, new byte[1]);
        storage.Delete(Key("packs/aa/one"));
        Assert.Null(storage.SizeOf(Key("packs/aa/one")));
        Assert.Throws<ObjectMissingException>(() => storage.Read(Key("packs/aa/one"), 0, new byte[1]));
    }

    [Fact]
    public void The_deletion_of_what_is_not_there_is_no_error()
    {
        using IStorage storage = Make();
        storage.Delete(Key("keys/one"));
        storage.PutIfAbsent(Key("keys/one"), First);
        storage.Delete(Key("keys/two"));
        storage.Delete(Key("keys/one"));
        storage.Delete(Key("keys/one"));
        Assert.Empty(storage.List(""));
    }

    [Fact]
    public void An_object_is_seen_only_when_it_is_published()
    {
        using IStorage storage = Make();
        using IPendingObject pending = storage.BeginObject();
        pending.Append("the first "u8);
        pending.Append("content"u8);
        Assert.Empty(storage.List(""));
        Assert.True(pending.Publish(Key("index/one")));
        Assert.Equal(First, ReadAll(storage, Key("index/one")));
    }

    [Fact]
    public void An_abandoned_object_leaves_nothing()
    {
        using IStorage storage = Make();
        using (IPendingObject pending = storage.BeginObject())
            pending.Append(new byte[1_000_000]);
        Assert.Empty(storage.List(""));
    }

    [Fact]
    public void An_object_is_published_once()
    {
        using IStorage storage = Make();
        using IPendingObject pending = storage.BeginObject();
        pending.Append(First);
        Assert.True(pending.Publish(Key("index/one")));
        Assert.Throws<InvalidOperationException>(() => pending.Publish(Key("index/two")));
        Assert.Throws<InvalidOperationException>(() => pending.Append(First));
        Assert.Single(storage.List(""));
    }

    [Fact]
    public void An_object_that_lost_its_name_is_not_published_under_another()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("index/one"), First);
        using IPendingObject pending = storage.BeginObject();
        Assert.False(pending.Publish(Key("index/one")));
        Assert.Throws<InvalidOperationException>(() => pending.Publish(Key("index/two")));
        Assert.Single(storage.List(""));
    }

    [Fact]
    public void Disposing_twice_does_no_harm()
    {
        IStorage storage = Make();
        IPendingObject pending = storage.BeginObject();
        pending.Dispose();
        pending.Dispose();
        storage.Dispose();
        storage.Dispose();
    }

    [Fact]
    public void Objects_are_read_by_many_threads_while_others_delete_them()
    {
        using IStorage storage = Make();
        for (int i = 0; i < 200; i++)
            storage.PutIfAbsent(Key($"packs/{i % 4}/{i}"), [(byte)i]);
        Parallel.For(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, n =>
        {
            int i = n % 200;
            byte[] content = new byte[1];
            try
            {
                storage.Read(Key($"packs/{i % 4}/{i}"), 0, content);
                Assert.Equal((byte)i, content[0]);
            }
            catch (ObjectMissingException)
            {
                Assert.Equal(0, i % 3);
            }

            if (i % 3 == 0 && n > 1000)
                storage.Delete(Key($"packs/{i % 4}/{i}"));
        });
        Assert.Equal(133, storage.List("packs/").Count());
    }
}
