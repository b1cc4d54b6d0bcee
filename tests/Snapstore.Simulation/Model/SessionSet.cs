using System.Numerics;

namespace Snapstore.Simulation.Model;

/// <summary>A set of sessions by number. A session makes at most one pack, so that the same numbers name the packs.</summary>
internal readonly record struct SessionSet(ushort Bits)
{
    /// <summary>More sessions than this do not fit in a state.</summary>
    public const int Capacity = 16;

    public static SessionSet Empty => default;

    public bool IsEmpty => Bits == 0;

    /// <summary>The lowest number in the set, which must not be empty.</summary>
    public int First => BitOperations.TrailingZeroCount(Bits);

    public static SessionSet Of(int session) => new((ushort)(1 << session));

    public static SessionSet operator |(SessionSet left, SessionSet right) => new((ushort)(left.Bits | right.Bits));

    public static SessionSet operator &(SessionSet left, SessionSet right) => new((ushort)(left.Bits & right.Bits));

    public static SessionSet operator -(SessionSet left, SessionSet right) => new((ushort)(left.Bits & ~right.Bits));

    public bool Has(int session) => (Bits >> session & 1) != 0;

    public SessionSet With(int session) => this | Of(session);

    public SessionSet Without(int session) => this - Of(session);

    /// <summary>Ascending. Without an enumerator object: this runs for every state.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the numbers in a set.</summary>
    public ref struct Enumerator(SessionSet rest)
    {
        private SessionSet _rest = rest;

        public int Current { get; private set; } = -1;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            Current = _rest.First;
            _rest = _rest.Without(Current);
            return true;
        }
    }
}
