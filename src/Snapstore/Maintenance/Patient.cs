using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Reads again what cannot be read or does not open: a storage may answer once with an error, a short or a
/// stale piece. Only what is wrong every time is wrong.</summary>
internal static class Patient
{
    /// <summary>Times that an object is read before it is found to be damaged: once, and three times again.</summary>
    public const int ReadsMax = 4;

    /// <summary>The first good answer; else the last failure.</summary>
    /// <exception cref="SnapstoreException">Every attempt failed.</exception>
    public static T Read<T>(Func<T> read)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return read();
            }
            catch (SnapstoreException e) when (attempt < ReadsMax && IsWorthAnother(e))
            {
            }
        }
    }

    private static bool IsWorthAnother(SnapstoreException failure) =>
        failure is CorruptDataException or StorageException or ObjectMissingException or UnsupportedException;
}
