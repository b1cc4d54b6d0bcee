using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Served;

/// <summary>One connection to a server: a request of the protocol a call. Thread safe.</summary>
internal sealed class ServedCalls(SshConnection connection, string location)
{
    private int _nextPending;

    public bool IsAlive => connection.IsAlive;

    /// <summary>A number for an object of this connection.</summary>
    public uint NewPending() => (uint)Interlocked.Increment(ref _nextPending);

    public async Task<bool> Put(StorageKey key, ReadOnlyMemory<byte> content) =>
        await Answered(new ServedPacket(ServedType.Put, content.Length + 512).Add(key.Name).Add(content.Span), key).ConfigureAwait(false);

    public async Task Begin(uint pending)
    {
        IncomingPacket answer = await connection.Send(new ServedPacket(ServedType.Begin).Add(pending)).ConfigureAwait(false);
        if (answer.Kind() != ServedType.Done)
            throw ServedFailure.Read(answer, location, key: null);
    }

    /// <summary>Takes the bytes, which may change as soon as this returns.</summary>
    public void Append(uint pending, ReadOnlySpan<byte> bytes) =>
        connection.Post(new ServedPacket(ServedType.Append, bytes.Length + 16).Add(pending).Add(bytes));

    public Task<bool> Publish(uint pending, StorageKey key) => Answered(new ServedPacket(ServedType.Publish).Add(pending).Add(key.Name), key);

    public void Drop(uint pending) => connection.Post(new ServedPacket(ServedType.Drop).Add(pending));

    /// <summary>An object's bytes; all that were asked for.</summary>
    public async Task<IncomingPacket> Read(StorageKey key, long offset, int count)
    {
        IncomingPacket answer = await connection.Send(new ServedPacket(ServedType.Read).Add(key.Name).Add(offset).Add((uint)count)).ConfigureAwait(false);
        return answer.Kind() == ServedType.Data ? answer : throw ServedFailure.Read(answer, location, key);
    }

    public async Task<long?> SizeOf(StorageKey key)
    {
        IncomingPacket answer = await connection.Send(new ServedPacket(ServedType.Size).Add(key.Name)).ConfigureAwait(false);
        if (answer.Kind() != ServedType.SizeIs)
            throw ServedFailure.Read(answer, location, key);
        long size = answer.NextLong();
        return size < 0 ? null : size;
    }

    public async Task<List<StoredObject>> List(string prefix)
    {
        List<StoredObject> found = [];
        IncomingPacket last = await connection.Send(new ServedPacket(ServedType.List).Add(prefix), page => AddPage(page, prefix, found)).ConfigureAwait(false);
        if (last.Kind() != ServedType.LastPage)
            throw ServedFailure.Read(last, location, key: null);
        AddPage(last, prefix, found);
        return found;
    }

    public Task<bool> Delete(StorageKey key) => Answered(new ServedPacket(ServedType.Delete).Add(key.Name), key);

    private static void AddPage(IncomingPacket page, string prefix, List<StoredObject> found)
    {
        for (uint left = page.NextNumber(); left > 0; left--)
        {
            string name = page.NextText();
            long size = page.NextLong();
            // Neither a name of another folder nor one that no repository has comes from a server that is one.
            if (size < 0 || !name.StartsWith(prefix, StringComparison.Ordinal) || StorageKey.TryParse(name) is not { } key)
                throw IncomingPacket.Senseless();
            found.Add(new StoredObject(key, size));
        }
    }

    private async Task<bool> Answered(OutgoingPacket request, StorageKey key)
    {
        IncomingPacket answer = await connection.Send(request).ConfigureAwait(false);
        return answer.Kind() == ServedType.Done ? answer.NextNumber() == 1 : throw ServedFailure.Read(answer, location, key);
    }
}
