using System.Diagnostics;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Ssh;

/// <summary>What holds of any storage whose connection is killed: reads go on by another, writes fail and tear nothing.</summary>
public abstract class BrokenConnectionTests
{
    /// <summary>Bytes of an object.</summary>
    protected abstract byte[] Content { get; }

    /// <summary>The file with the process id of what was started last, by a script that became ssh or the server.</summary>
    protected abstract string Pids { get; }

    /// <summary>A storage whose connections are recorded there.</summary>
    protected abstract IStorage CreateRecorded();

    [Fact]
    public void A_read_goes_on_by_another_connection_and_a_write_fails()
    {
        using IStorage storage = CreateRecorded();
        storage.PutIfAbsent(Key("packs/aa/one"), Content);
        Signal("KILL");
        Assert.Equal(Content.Length, storage.SizeOf(Key("packs/aa/one")));
        Signal("KILL");
        byte[] read = new byte[Content.Length];
        storage.Read(Key("packs/aa/one"), 0, read);
        Assert.Equal(Content, read);
        Signal("KILL");
        Assert.Single(storage.List(""));

        using (IPendingObject pending = storage.BeginObject())
        {
            pending.Append(Content);
            Signal("KILL");
            StorageException lost = Assert.Throws<StorageException>(() => pending.Publish(Key("packs/aa/two")));
            Assert.True(lost.IsTransient);
            Assert.Contains("connection was lost", lost.Message, StringComparison.Ordinal);
        }

        Assert.Null(storage.SizeOf(Key("packs/aa/two")));
        Assert.True(storage.PutIfAbsent(Key("packs/aa/two"), Content));
    }

    protected static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];

    protected static StorageKey Key(string name) => StorageKey.TryParse(name)!.Value;

    protected void Signal(string name)
    {
        using Process kill = Process.Start(new ProcessStartInfo("kill", ["-" + name, File.ReadAllText(Pids).Trim()]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }
}
