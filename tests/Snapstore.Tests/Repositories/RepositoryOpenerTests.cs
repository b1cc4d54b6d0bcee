using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Repositories;

/// <summary>Making and opening repositories; key slots added, changed and removed; snapshots listed.</summary>
public sealed class RepositoryOpenerTests : IDisposable
{
    private static readonly KeyLabel Label = new("first", "host", "ada", 7);

    private readonly MemoryStorage _storage = new();
    private readonly SlotSecret _keyFile = SlotSecret.OfKeyFile(SpecValues.KeyFile);
    private readonly SlotSecret _other = SlotSecret.OfKeyFile(SlotSecret.NewKeyFile());

    public void Dispose()
    {
        _keyFile.Dispose();
        _other.Dispose();
        _storage.Dispose();
    }

    [Fact]
    public void Opens_what_it_made()
    {
        using Repository made = Create();
        using Repository opened = RepositoryOpener.Open(_storage, _keyFile);
        Assert.Equal(made.Id, opened.Id);
        Assert.Equal("cdc:65536", opened.Config.Chunker);
        Assert.Equal(Label, opened.Slot.Label(opened.Keys, opened.Id));
        Assert.Equal(made.Keys.DataId("x"u8), opened.Keys.DataId("x"u8));
        Assert.Equal(made.Id, RepositoryConfig.DecodePlain(RepositoryOpener.ReadConfig(_storage)).Repository);
    }

    // Config and slots are looked at beside each other where the storage is far; a slot stands before the config does.
    [Fact]
    public void One_that_is_just_being_made_opens_once_its_config_is_there()
    {
        using Repository made = Create();
        using LateKeys late = new(_storage);
        using Repository opened = RepositoryOpener.Open(late, _keyFile);
        Assert.Equal(made.Id, opened.Id);
        Assert.Equal(2, late.ListsOfKeys);
    }

    [Fact]
    public void A_password_opens_too_and_a_wrong_one_does_not()
    {
        using SlotSecret password = SlotSecret.OfPassword("correct horse"u8);
        using SlotSecret wrong = SlotSecret.OfPassword("correct house"u8);
        using Repository made = RepositoryOpener.Create(_storage, "cdc:65536", password, KdfCost.Default, Label, "test");
        using Repository opened = RepositoryOpener.Open(_storage, password);
        Assert.Equal(made.Id, opened.Id);
        WrongKeyException refusal = Assert.Throws<WrongKeyException>(() => RepositoryOpener.Open(_storage, wrong));
        Assert.Equal(12, refusal.ExitCode);
        Assert.Throws<WrongKeyException>(() => RepositoryOpener.Open(_storage, _keyFile));
    }

    [Fact]
    public void Leaves_a_repository_that_is_there_as_it_is()
    {
        using Repository made = Create();
        string[] before = [.. _storage.List("").Select(found => found.Key.Name).Order()];
        Assert.Throws<UsageException>(Create);
        Assert.Equal(before, _storage.List("").Select(found => found.Key.Name).Order());
    }

    [Fact]
    public void Says_that_there_is_none() =>
        Assert.Throws<RepositoryNotFoundException>(() => RepositoryOpener.Open(_storage, _keyFile));

    [Fact]
    public void Opens_although_other_slots_are_damaged_and_says_so_when_none_opens()
    {
        using Repository made = Create();
        _storage.PutIfAbsent(StorageKey.KeySlot(new SessionId(new byte[16])), "no slot"u8);
        byte[] later = made.Slot.Stored.ToArray();
        later[8] = 9;
        _storage.PutIfAbsent(StorageKey.KeySlot(SpecValues.Parent), later);
        using Repository opened = RepositoryOpener.Open(_storage, _keyFile);
        Assert.Equal(made.Id, opened.Id);
        WrongKeyException refusal = Assert.Throws<WrongKeyException>(() => RepositoryOpener.Open(_storage, _other));
        Assert.Contains("needs a newer Snapstore", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_key_opens_the_same_keys_and_the_first_can_go()
    {
        using Repository made = Create();
        KeySlot second = KeySlots.Add(_storage, made.Id, made.Keys, _other, default, Label with { Name = "second" });
        Assert.Equal(2, KeySlots.Load(_storage, made.Id, []).Count);
        Assert.Throws<UsageException>(() => KeySlots.Remove(made, made.Slot.Id));
        Assert.Throws<UsageException>(() => KeySlots.Remove(made, SpecValues.Parent));

        using Repository opened = RepositoryOpener.Open(_storage, _other);
        Assert.Equal(second.Id, opened.Slot.Id);
        KeySlots.Remove(opened, made.Slot.Id);
        Assert.Throws<WrongKeyException>(() => RepositoryOpener.Open(_storage, _keyFile));
    }

    // The slot may be gone although removing it failed: the new key file is then the only key.
    [Fact]
    public void A_changed_key_counts_also_if_the_old_slot_cannot_be_removed()
    {
        Create().Dispose();
        // What goes through: asking whether deletions are allowed, and the new slot.
        FailingStorage failing = new(_storage, callsBefore: 2);
        using Repository repository = RepositoryOpener.Open(failing, _keyFile);
        bool isAdded = false;
        Assert.Throws<StorageException>(() => KeySlots.Change(repository, _other, default, () => isAdded = true));
        Assert.True(isAdded);
        RepositoryOpener.Open(_storage, _other).Dispose();
    }

    [Fact]
    public void A_changed_key_keeps_its_label_and_the_old_one_opens_no_more()
    {
        using Repository made = Create();
        KeySlots.Change(made, _other, default, () => { });
        using Repository opened = RepositoryOpener.Open(_storage, _other);
        Assert.Equal(Label, opened.Slot.Label(opened.Keys, opened.Id));
        Assert.Throws<WrongKeyException>(() => RepositoryOpener.Open(_storage, _keyFile));
        Assert.Single(KeySlots.Load(_storage, made.Id, []));
    }

    [Fact]
    public void A_config_of_another_repository_does_not_open_with_this_ones_keys()
    {
        using Repository made = Create();
        using KeyRing keys = KeyRing.Generate();
        byte[] foreign = new RepositoryConfig(made.Id, [], [], "fixed:1", 0, "").Encode(keys);
        SmallRepository.Overwrite(_storage, StorageKey.Config, foreign);
        Assert.Throws<CorruptDataException>(() => RepositoryOpener.Open(_storage, _keyFile));
    }

    [Fact]
    public void Lists_snapshots_by_time_with_the_tags_of_their_newest_label()
    {
        using Repository made = Create();
        SessionId late = Snapshot(made, time: 20, "a");
        SessionId early = Snapshot(made, time: 10, "b");
        SnapshotLabels.Change(made, SnapshotList.Read(made, late), label => label with { Tags = ["z", "y", "z"] });
        SnapshotLabels.Change(made, SnapshotList.Read(made, late), label => label with { Tags = ["x"] });
        SnapshotList list = SnapshotList.Load(made);
        Assert.Equal([early, late], list.Snapshots.Select(snapshot => snapshot.Id));
        Assert.Equal(["b"], list.Snapshots[0].Tags);
        Assert.Equal(["x"], list.Snapshots[1].Tags);
        Assert.Equal(["a"], list.Snapshots[1].Manifest.Tags);
        Assert.Empty(list.Problems);
    }

    [Fact]
    public void A_damaged_or_moved_manifest_is_a_problem_and_hides_no_other()
    {
        using Repository made = Create();
        SessionId good = Snapshot(made, time: 10);
        SessionId bad = Snapshot(made, time: 20);
        byte[] content = SmallRepository.Read(_storage, StorageKey.Snapshot(bad));
        _storage.PutIfAbsent(StorageKey.Snapshot(SpecValues.Parent), content);
        for (int i = 0; i < content.Length; i += 11)
        {
            content[i] ^= 4;
            SmallRepository.Overwrite(_storage, StorageKey.Snapshot(bad), content);
            content[i] ^= 4;
            SnapshotList list = SnapshotList.Load(made);
            Assert.Equal(good, Assert.Single(list.Snapshots).Id);
            Assert.Equal(2, list.Problems.Count);
        }
    }

    [Fact]
    public void A_made_up_label_number_is_an_error_that_says_what_to_do()
    {
        using Repository made = Create();
        SessionId id = Snapshot(made, time: 10);
        _storage.PutIfAbsent(StorageKey.Label(id, int.MaxValue), [1]);
        Assert.Throws<CorruptDataException>(() => SnapshotLabels.Change(made, SnapshotList.Read(made, id), label => label with { Tags = ["x"] }));
        Assert.Single(SnapshotList.Load(made).Problems);
    }

    private static SessionId Snapshot(Repository repository, long time, params string[] tags)
    {
        SessionId id = SessionId.NewRandom();
        Manifest manifest = new() { Root = SpecValues.Id(1), Source = SourceKind.Files, TimeNanoseconds = time, Tags = tags };
        Assert.True(repository.Put(StorageKey.Snapshot(id), SealKind.Manifest, manifest.Encode(), id));
        return id;
    }

    private Repository Create() => RepositoryOpener.Create(_storage, "cdc:65536", _keyFile, default, Label, "test");

    /// <summary>The first listing of key slots came before there were any.</summary>
    private sealed class LateKeys(IStorage inner) : IStorage
    {
        public int ListsOfKeys { get; private set; }

        public string Location => inner.Location;

        public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => inner.PutIfAbsent(key, content);

        public IPendingObject BeginObject() => inner.BeginObject();

        public void Read(StorageKey key, long offset, Span<byte> destination) => inner.Read(key, offset, destination);

        public long? SizeOf(StorageKey key) => inner.SizeOf(key);

        public IEnumerable<StoredObject> List(string prefix) => prefix == StorageKey.KeysPrefix && ++ListsOfKeys == 1 ? [] : inner.List(prefix);

        public void Delete(StorageKey key) => inner.Delete(key);

        public void Dispose()
        {
        }
    }
}
