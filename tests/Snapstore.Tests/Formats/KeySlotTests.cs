using System.Buffers.Binary;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

public sealed class KeySlotTests : IDisposable
{
    private const int MemoryOffset = 60, PassesOffset = 64;

    private static readonly KeyLabel Label = new("laptop", "host", "ada", 7);

    private readonly KeyRing _keys = SpecValues.NewKeys();
    private readonly SlotSecret _password = SlotSecret.OfPassword("correct horse"u8);
    private readonly SlotSecret _keyFile = SlotSecret.OfKeyFile(SpecValues.KeyFile);

    public void Dispose()
    {
        _keys.Dispose();
        _password.Dispose();
        _keyFile.Dispose();
    }

    [Fact]
    public void Opens_for_its_password_and_for_no_other()
    {
        KeySlot slot = Stored(New(_password));
        using (KeyRing? opened = slot.TryOpen(_password))
        {
            Assert.NotNull(opened);
            Assert.Equal(_keys[KeyPurpose.Data], opened[KeyPurpose.Data]);
            Assert.Equal(Label, slot.Label(opened, SpecValues.Repository));
        }

        using SlotSecret wrong = SlotSecret.OfPassword("correct horsE"u8);
        Assert.Null(slot.TryOpen(wrong));
        Assert.Null(slot.TryOpen(_keyFile));
        Assert.False(slot.IsForKeyFile);
        Assert.Equal(KdfCost.Default, slot.Cost);
    }

    [Fact]
    public void Opens_for_its_key_file_and_for_no_other()
    {
        KeySlot slot = Stored(New(_keyFile));
        using KeyRing? opened = slot.TryOpen(_keyFile);
        Assert.NotNull(opened);
        using SlotSecret other = SlotSecret.OfKeyFile(SlotSecret.NewKeyFile());
        Assert.Null(slot.TryOpen(other));
        Assert.Null(slot.TryOpen(_password));
        Assert.True(slot.IsForKeyFile);
        Assert.Equal(default, slot.Cost);
    }

    [Fact]
    public void Every_flipped_bit_keeps_it_shut_or_fails_its_label()
    {
        byte[] stored = New(_keyFile).Stored.ToArray();
        for (int bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(OpensWhole(stored), $"bit {bit} was flipped");
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(OpensWhole(stored));
    }

    [Fact]
    public void Refuses_every_truncation()
    {
        byte[] stored = New(_keyFile).Stored.ToArray();
        for (int length = 0; length < stored.Length; length++)
            Assert.False(OpensWhole(stored[..length]));
    }

    [Theory]
    [InlineData((64 << 10) - 1, 3)]
    [InlineData((4 << 20) + 1, 3)]
    [InlineData(uint.MaxValue, 3)]
    [InlineData(0, 3)]
    [InlineData(64 << 10, 2)]
    [InlineData(64 << 10, 0)]
    [InlineData(64 << 10, 65)]
    [InlineData(64 << 10, uint.MaxValue)]
    public void Refuses_a_cost_out_of_bounds_before_anything_is_spent_on_it(uint memoryKib, uint passes)
    {
        byte[] stored = New(_keyFile).Stored.ToArray();
        stored[9] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(MemoryOffset), memoryKib);
        BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(PassesOffset), passes);
        KeySlot slot = KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, stored);
        long start = Environment.TickCount64;
        Assert.Throws<CorruptDataException>(() => slot.TryOpen(_password));
        Assert.True(Environment.TickCount64 - start < 1_000, "it was tried");
    }

    [Fact]
    public void Refuses_a_slot_moved_to_another_name_or_repository()
    {
        byte[] stored = New(_keyFile).Stored.ToArray();
        Assert.Throws<CorruptDataException>(() => KeySlot.Decode(SpecValues.Parent, SpecValues.Repository, stored));
        Assert.Throws<CorruptDataException>(() => KeySlot.Decode(SpecValues.Slot, SpecValues.Parent, stored));

        // Even with the ids in its plain part made to fit.
        byte[] moved = [.. stored];
        SpecValues.Parent.CopyTo(moved.AsSpan(12));
        Assert.Null(KeySlot.Decode(SpecValues.Parent, SpecValues.Repository, moved).TryOpen(_keyFile));
        moved = [.. stored];
        SpecValues.Parent.CopyTo(moved.AsSpan(28));
        Assert.Null(KeySlot.Decode(SpecValues.Slot, SpecValues.Parent, moved).TryOpen(_keyFile));
    }

    [Fact]
    public void A_bundle_may_lack_keys_and_then_names_what_it_may_not_do()
    {
        using KeyRing writer = KeyRing.Of([KeyValuePair.Create(KeyPurpose.Content, _keys[KeyPurpose.Content].ToArray()), KeyValuePair.Create(KeyPurpose.Salt, _keys[KeyPurpose.Salt].ToArray())]);
        KeySlot slot = KeySlot.Create(writer, SpecValues.Repository, _keyFile, default, Label);
        using KeyRing? opened = KeySlot.Decode(slot.Id, SpecValues.Repository, slot.Stored.ToArray()).TryOpen(_keyFile);
        Assert.NotNull(opened);
        Assert.Equal([KeyPurpose.Content, KeyPurpose.Salt], opened.Held);
        WrongKeyException refusal = Assert.Throws<WrongKeyException>(() => opened[KeyPurpose.Data].Length);
        Assert.Contains("Data", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<WrongKeyException>(() => opened.DataId([]));
        Assert.Throws<WrongKeyException>(() => opened.MetaId([]));
    }

    [Fact]
    public void Refuses_by_name_what_a_later_program_wrote()
    {
        byte[] stored = New(_keyFile).Stored.ToArray();
        stored[8] = 2;
        Assert.Throws<UnsupportedException>(() => KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, stored));
        stored[8] = 1;
        stored[9] = 3;
        Assert.Throws<UnsupportedException>(() => KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, stored));
    }

    [Fact]
    public void Two_slots_of_one_secret_share_no_bytes_that_tell()
    {
        byte[] first = KeySlot.Create(_keys, SpecValues.Repository, _keyFile, default, Label).Stored.ToArray();
        byte[] second = KeySlot.Create(_keys, SpecValues.Repository, _keyFile, default, Label).Stored.ToArray();
        Assert.NotEqual(first[12..28], second[12..28]);
        Assert.NotEqual(first[68..100], second[68..100]);
        Assert.NotEqual(first[100..132], second[100..132]);
    }

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes() => SeededValues.ForAll(values =>
    {
        byte[] bytes = [.. "SNAPSLOT"u8, 1, 2, .. values.Bytes(2_000)];
        AnyBytes.Give(stored => KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, stored).TryOpen(_keyFile), bytes);
    });

    private bool OpensWhole(byte[] stored)
    {
        try
        {
            KeySlot slot = KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, stored);
            using KeyRing? opened = slot.TryOpen(_keyFile);
            return opened is not null && slot.Label(opened, SpecValues.Repository) == Label;
        }
        catch (SnapstoreException)
        {
            return false;
        }
    }

    private KeySlot New(SlotSecret secret) =>
        KeySlot.Create(SpecValues.Slot, _keys, SpecValues.Repository, secret, KdfCost.Default, Label, labelSalt: []);

    private static KeySlot Stored(KeySlot slot) => KeySlot.Decode(slot.Id, SpecValues.Repository, slot.Stored.ToArray());
}
