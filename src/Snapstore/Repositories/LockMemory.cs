using System.Buffers.Binary;
using System.Text;
using Snapstore.Hashing;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Until when objects are locked, as far as it was asked or set; kept in the local cache between runs. A lock never
/// becomes shorter, so what is remembered stays true. Thread safe.</summary>
/// <remarks>An entry has 20 bytes: 16 of the BLAKE3 hash of the object's name, u32 hours since 1970, rounded down.</remarks>
internal sealed class LockMemory
{
    private const int NameSize = 16, EntrySize = NameSize + sizeof(uint);

    // No object has this name: it is the cache's own.
    private static readonly StorageKey Place = StorageKey.TryParse("locks")!.Value;

    private readonly System.Threading.Lock _lock = new();
    private readonly Dictionary<UInt128, DateTimeOffset> _known = [];
    private bool _isLoaded, _isChanged;

    /// <summary>Takes over what the cache has, but for what ends before this date: it would be of no use.</summary>
    public void Load(LocalCache? cache, DateTimeOffset due)
    {
        lock (_lock)
        {
            if (_isLoaded || cache?.TryRead(Place, LocalCache.Whole) is not { } kept)
                return;
            _isLoaded = true;
            for (ReadOnlySpan<byte> rest = kept; rest.Length >= EntrySize; rest = rest[EntrySize..])
            {
                DateTimeOffset until = DateTimeOffset.UnixEpoch.AddHours(BinaryPrimitives.ReadUInt32LittleEndian(rest[NameSize..]));
                if (until >= due)
                    _known.TryAdd(BinaryPrimitives.ReadUInt128LittleEndian(rest), until);
            }
        }
    }

    /// <summary>True where the object is known to be locked until this date or longer.</summary>
    public bool IsLockedUntil(StorageKey key, DateTimeOffset date)
    {
        lock (_lock)
            return _known.TryGetValue(NameOf(key), out DateTimeOffset until) && until >= date;
    }

    /// <summary>Notes until when an object is locked.</summary>
    public void Add(StorageKey key, DateTimeOffset until)
    {
        lock (_lock)
        {
            _known[NameOf(key)] = until;
            _isChanged = true;
        }
    }

    /// <summary>Keeps it for later runs.</summary>
    public void Keep(LocalCache? cache)
    {
        lock (_lock)
        {
            if (!_isChanged || cache is null)
                return;
            byte[] entries = new byte[_known.Count * EntrySize];
            Span<byte> rest = entries;
            foreach ((UInt128 name, DateTimeOffset until) in _known)
            {
                BinaryPrimitives.WriteUInt128LittleEndian(rest, name);
                BinaryPrimitives.WriteUInt32LittleEndian(rest[NameSize..], (uint)Math.Clamp((until - DateTimeOffset.UnixEpoch).TotalHours, 0, uint.MaxValue));
                rest = rest[EntrySize..];
            }

            cache.Keep(Place, LocalCache.Whole, entries);
            _isChanged = false;
        }
    }

    private static UInt128 NameOf(StorageKey key)
    {
        Span<byte> hash = stackalloc byte[NameSize];
        Blake3.Hash(Encoding.UTF8.GetBytes(key.Name), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
