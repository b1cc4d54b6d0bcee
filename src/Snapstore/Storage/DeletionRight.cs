namespace Snapstore.Storage;

/// <summary>Whether a storage lets this program delete: asked before anything is done that needs it, so that nothing is left
/// half done (spec/append-only.md).</summary>
public static class DeletionRight
{
    /// <summary>Makes sure of it, by deleting a name that nobody has used: no error where it is allowed, and nothing is changed.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="untouched">What was not done, as "nothing was removed".</param>
    /// <exception cref="StorageException">It is refused.</exception>
    public static void Require(IStorage storage, string untouched)
    {
        try
        {
            storage.Delete(StorageKey.Probe(SessionId.NewRandom()));
        }
        catch (StorageException e) when (e.MissingRight is { } right)
        {
            throw new StorageException(
                $"{storage.Location}: these credentials may add and read, but not delete ({right} is missing): {untouched}; snapshot, list, check, restore and tag work without it; run this with credentials that may delete", e)
            {
                MissingRight = right,
            };
        }
    }
}
