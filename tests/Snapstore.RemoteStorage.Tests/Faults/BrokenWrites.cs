using System.Diagnostics;
using System.Globalization;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>Objects that are put while what carries them is killed again and again.</summary>
internal static class BrokenWrites
{
    private const int FailuresMin = 4, ToldMin = 6;

    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Puts until some puts failed and some went through, however fast the machine is; whatever was told to be there
    /// must be, and what is there must be whole.
    /// </summary>
    /// <param name="storage">Where to put.</param>
    /// <param name="content">What every object is a begin of.</param>
    /// <param name="size">Bytes of the first object; each later one is one byte longer.</param>
    /// <param name="kill">Kills what carries the objects.</param>
    /// <param name="mayBeFinal">Whether failures need not be transient.</param>
    /// <param name="openAgain">What to look with afterwards; null: the storage itself.</param>
    public static void AssertNoneTorn(IStorage storage, byte[] content, int size, Action kill, bool mayBeFinal = false, Func<IStorage>? openAgain = null)
    {
        List<StorageKey> told = [];
        int failures = 0, puts = 0;
        using (new Killer(kill))
        {
            for (Stopwatch time = Stopwatch.StartNew(); (failures < FailuresMin || told.Count < ToldMin) && time.Elapsed < TimeMax; puts++)
            {
                StorageKey key = StorageKey.TryParse(string.Create(CultureInfo.InvariantCulture, $"packs/aa/{puts}"))!.Value;
                try
                {
                    if (storage.PutIfAbsent(key, content.AsSpan(0, size + puts)))
                        told.Add(key);
                }
                catch (StorageException e) when (mayBeFinal || e.IsTransient)
                {
                    failures++;
                }
            }
        }

        Assert.True(failures > 0, $"nothing was broken in {puts} puts");
        Assert.NotEmpty(told);
        using IStorage? again = openAgain?.Invoke();
        Dictionary<StorageKey, long> there = (again ?? storage).List("").ToDictionary(found => found.Key, found => found.Size);
        Assert.All(told, key => Assert.True(there.ContainsKey(key)));
        Assert.All(there, found => Assert.Equal(size + int.Parse(found.Key.Name.AsSpan("packs/aa/".Length), CultureInfo.InvariantCulture), found.Value));
    }

    /// <summary>Kills until it is disposed, at longer and longer intervals: a slow machine, too, comes to put something between.</summary>
    private sealed class Killer : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Thread _thread;

        public Killer(Action kill)
        {
            _thread = new Thread(() =>
            {
                for (int i = 0; !_end.Token.WaitHandle.WaitOne(150 + (i * 80) + (i * 137 % 400)); i++)
                    kill();
            });
            _thread.Start();
        }

        public void Dispose()
        {
            _end.Cancel();
            _thread.Join();
            _end.Dispose();
        }
    }
}
