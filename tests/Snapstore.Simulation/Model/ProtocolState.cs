using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Snapstore.Simulation.Model;

/// <summary>The store and all actors: 62 bytes, compared and hashed as bytes. All fields are of one or two bytes, so there are no gaps.</summary>
internal readonly struct ProtocolState : IEquatable<ProtocolState>
{
    private const ulong Odd = 0x9E37_79B9_7F4A_7C15;

    private readonly WriterPair _writers;
    private readonly PrunerPair _pruners;

    public ProtocolState(StoreState store, WriterState writers, PrunerState pruners, ForgetterState forgetter)
    {
        Store = store;
        _writers[0] = _writers[1] = writers;
        _pruners[0] = _pruners[1] = pruners;
        Forgetter = forgetter;
    }

    private ProtocolState(StoreState store, in WriterPair writers, in PrunerPair pruners, ForgetterState forgetter)
    {
        Store = store;
        _writers = writers;
        _pruners = pruners;
        Forgetter = forgetter;
    }

    public StoreState Store { get; }

    public ForgetterState Forgetter { get; }

    public static bool operator ==(in ProtocolState left, in ProtocolState right) => left.Equals(right);

    public static bool operator !=(in ProtocolState left, in ProtocolState right) => !left.Equals(right);

    public WriterState Writer(int index) => _writers[index];

    public PrunerState Pruner(int index) => _pruners[index];

    public ProtocolState With(StoreState store, int index, WriterState writer)
    {
        WriterPair writers = _writers;
        writers[index] = writer;
        return new ProtocolState(store, writers, _pruners, Forgetter);
    }

    public ProtocolState With(StoreState store, int index, PrunerState pruner)
    {
        PrunerPair pruners = _pruners;
        pruners[index] = pruner;
        return new ProtocolState(store, _writers, pruners, Forgetter);
    }

    public ProtocolState With(StoreState store, ForgetterState forgetter) => new(store, _writers, _pruners, forgetter);

    public bool Equals(ProtocolState other) => Bytes(in this).SequenceEqual(Bytes(in other));

    public override bool Equals(object? obj) => obj is ProtocolState other && Equals(other);

    public override int GetHashCode()
    {
        unchecked
        {
            ReadOnlySpan<byte> rest = Bytes(in this);
            ulong last = MemoryMarshal.Read<ulong>(rest[^sizeof(ulong)..]);
            ulong hash = last * Odd;
            for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
                hash = BitOperations.RotateLeft(hash ^ MemoryMarshal.Read<ulong>(rest), 29) * Odd;
            return (int)(hash >> 32);
        }
    }

    private static ReadOnlySpan<byte> Bytes(in ProtocolState state) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in state, 1));

    [InlineArray(ProtocolConfiguration.WritersMax)]
    private struct WriterPair
    {
        private WriterState _first;
    }

    [InlineArray(ProtocolConfiguration.PrunersMax)]
    private struct PrunerPair
    {
        private PrunerState _first;
    }
}
