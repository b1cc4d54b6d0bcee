using System.Collections.Concurrent;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Maintenance;

/// <summary>Every byte of a small repository altered, every object cut, lost, moved or mixed up: check says so, and
/// reading gives the exact bytes or an error of Snapstore's, never anything else.</summary>
public sealed class FlippedByteTests : IDisposable
{
    // Of every run of this many bytes one is altered in a normal run; the slow test alters every single one.
    private const int StrideOfNormalRun = 13;

    private readonly SmallCorpus _corpus = new();
    private readonly Dictionary<SessionId, SortedDictionary<string, string>> _contents;
    private readonly TestStorage _good;

    public FlippedByteTests()
    {
        _good = _corpus.Builder.Test;
        _contents = _corpus.Contents(_good);
    }

    [Fact]
    public void Altered_bytes_are_damage_and_never_wrong_content() => FlipBytes(StrideOfNormalRun);

    [Fact]
    [Trait("Category", "Slow")]
    public void Every_altered_byte_is_damage_and_never_wrong_content() => FlipBytes(stride: 1);

    [Fact]
    public void Objects_of_another_length_are_damage()
    {
        ForEachObject(name =>
        {
            byte[] content = _good[name];
            for (int length = 0; length < content.Length; length += 1 + (content.Length / 20))
                AssertDamage(name, content[..length]);
            AssertDamage(name, content[..^1]);
            AssertDamage(name, [.. content, 0]);
            AssertDamage(name, [.. content, .. content]);
            AssertDamage(name, new byte[content.Length]);
        });
    }

    [Fact]
    public void An_object_in_another_ones_place_is_damage()
    {
        ForEachObject(name =>
        {
            foreach (string other in _good.Names.Where(n => n != name))
            {
                TestStorage storage = _good.Copy();
                storage[name] = _good[other];
                storage[other] = _good[name];
                AssertNoticed(storage, $"{name} swapped with {other}");
            }
        });
    }

    [Fact]
    public void An_object_of_another_repository_is_damage()
    {
        using SmallCorpus other = new();
        Dictionary<string, byte[]> foreign = other.Builder.Test.Names.ToDictionary(n => n, n => other.Builder.Test[n]);
        ForEachObject(name =>
        {
            string folder = name.Contains('/', StringComparison.Ordinal) ? name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)] : name;
            foreach ((string _, byte[] content) in foreign.Where(f => f.Key.StartsWith(folder, StringComparison.Ordinal)))
                AssertDamage(name, content);
        });
        foreach (string name in foreign.Keys.Where(n => n != StorageKey.ConfigName && !n.StartsWith(StorageKey.KeysPrefix, StringComparison.Ordinal)))
        {
            TestStorage storage = _good.Copy();
            storage[name] = foreign[name];
            AssertNoticed(storage, $"{name} copied from another repository");
        }
    }

    [Fact]
    public void An_object_under_another_sessions_name_is_damage()
    {
        ForEachObject(name =>
        {
            SessionId stranger = SessionId.NewRandom();
            if (Renamed(name, stranger) is not { } renamed)
                return;
            TestStorage storage = _good.Copy();
            storage[renamed] = _good[name];
            AssertNoticed(storage, $"{name} copied to {renamed}");
            storage.Remove(name);
            AssertNoticed(storage, $"{name} renamed to {renamed}");
        });
    }

    [Fact]
    public void A_lost_object_loses_no_more_than_itself()
    {
        ForEachObject(name =>
        {
            TestStorage storage = _good.Copy();
            storage.Remove(name);
            bool isNoLoss = name.StartsWith(StorageKey.IndexPrefix, StringComparison.Ordinal)
                || name.StartsWith(StorageKey.SessionsPrefix, StringComparison.Ordinal)
                || name.StartsWith(StorageKey.LabelsPrefix, StringComparison.Ordinal);
            string outcome = Outcome(storage, name);
            Assert.True(isNoLoss == (outcome == "exact"), $"{name} lost: {outcome}");
        });
    }

    public void Dispose() => _corpus.Dispose();

    private static string? Renamed(string name, SessionId stranger)
    {
        string[] parts = name.Split('/');
        int start = parts[^1].Length >= SessionId.Size * 2 ? name.Length - parts[^1].Length : -1;
        return start < 0 ? null : name[..start] + stranger + name[(start + (SessionId.Size * 2))..];
    }

    private void FlipBytes(int stride)
    {
        int start = new Random().Next(stride);
        ConcurrentQueue<(string Name, int At)> places = [];
        int total = 0;
        foreach (string name in _good.Names)
        {
            for (int at = 0; at < _good[name].Length; at++)
            {
                if (total++ % stride == start)
                    places.Enqueue((name, at));
            }
        }

        Parallel.ForEach(places, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, place =>
        {
            byte[] content = [.. _good[place.Name]];
            content[place.At] ^= (byte)(1 << (place.At % 8));
            AssertDamage(place.Name, content);
        });
    }

    private void ForEachObject(Action<string> test) =>
        Parallel.ForEach(_good.Names, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, test);

    private void AssertDamage(string name, byte[] content)
    {
        if (content.AsSpan().SequenceEqual(_good[name]))
            return;
        TestStorage storage = _good.Copy();
        storage[name] = content;
        AssertNoticed(storage, $"{name} of {_good[name].Length} bytes altered to {content.Length}, first at {content.AsSpan().CommonPrefixLength(_good[name])}");
    }

    private void AssertNoticed(TestStorage storage, string what)
    {
        string check = "refused to open";
        try
        {
            CheckReport report = _corpus.Check(storage, ReadDataSelection.All);
            Assert.True(report.HasDamage, $"{what}: no damage found");
            check = report.Findings[0].Message;
        }
        catch (SnapstoreException e)
        {
            check = e.Message;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{what}: check threw {e}");
        }

        Assert.NotEqual("wrong", Outcome(storage, what));
        Assert.NotEmpty(check);
    }

    // "exact", "error", or a failed test.
    private string Outcome(TestStorage storage, string what)
    {
        string outcome = "exact";
        foreach (SessionId id in _contents.Keys)
        {
            try
            {
                using Repository repository = _corpus.Builder.OpenOn(storage);
                _ = SnapshotList.Load(repository);
                SortedDictionary<string, string> read = SnapshotContents.ReadAll(repository, id);
                Assert.True(read.SequenceEqual(_contents[id]), $"{what}: wrong content was read");
            }
            catch (SnapstoreException)
            {
                outcome = "error";
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{what}: reading threw {e}");
            }
        }

        return outcome;
    }
}
