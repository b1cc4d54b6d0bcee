using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>Which secrets must open the repository: those that were acknowledged; while one is changed, the old or the new.</summary>
internal sealed class KeyLedger
{
    private readonly Dictionary<Actor, List<string>> _alternatives = [];

    /// <summary>The actor adds a key of its own, or changes the one it has.</summary>
    public void Change(IStorage storage, Actor actor)
    {
        string next = SlotSecret.NewKeyFile();
        using SlotSecret secret = SlotSecret.OfKeyFile(next);
        if (!_alternatives.TryGetValue(actor, out List<string>? old))
        {
            using SlotSecret first = RepositoryTemplate.Instance.Secret();
            using Repository opened = RepositoryOpener.Open(storage, first);
            KeySlots.Add(storage, opened.Id, opened.Keys, secret, default, new KeyLabel(actor.Script.Name, "", "", 0));
        }
        else
        {
            using SlotSecret own = OpeningOf(storage, old);
            using Repository opened = RepositoryOpener.Open(storage, own);
            old.Add(next);
            KeySlots.Change(opened, secret, default, static () => { });
        }

        _alternatives[actor] = [next];
    }

    /// <summary>Says that no acknowledged key was lost.</summary>
    public void Check(SimulatedWorld world)
    {
        foreach ((Actor actor, List<string> alternatives) in _alternatives)
        {
            try
            {
                OpeningOf(new SimulatedStorage(world, null), alternatives).Dispose();
            }
            catch (WrongKeyException)
            {
                world.Fail($"the key of {actor.Script.Name} opens nothing any more");
            }
        }
    }

    private static SlotSecret OpeningOf(IStorage storage, List<string> alternatives)
    {
        foreach (string alternative in alternatives.AsEnumerable().Reverse())
        {
            SlotSecret secret = SlotSecret.OfKeyFile(alternative);
            try
            {
                RepositoryOpener.Open(storage, secret).Dispose();
                return secret;
            }
            catch (WrongKeyException)
            {
                secret.Dispose();
            }
        }

        throw new WrongKeyException("none of the keys that were promised to open does");
    }
}
