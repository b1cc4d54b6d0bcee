using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>Files and folders of the other machine: one request of the protocol a call. Paths are the server's. Thread safe.</summary>
internal sealed class SftpFiles(SshConnection connection, SftpDialect dialect)
{
    /// <summary>Bytes that every server takes in one read or write (section 3 of the draft: 34,000 in a packet).</summary>
    public const int BlockSize = 32 << 10;

    /// <summary>Requests of one object on their way at a time: 2 MiB, what an OpenSSH channel takes without an answer.</summary>
    public const int BlocksMax = 64;

    /// <summary>What a file is opened for.</summary>
    public const uint ForReading = 1, ForMaking = 2 | 8 | 0x20;

    private const uint WithMode = 4;
    private const string LinkExtension = "hardlink@openssh.com", SyncExtension = "fsync@openssh.com";

    public bool IsAlive => connection.IsAlive;

    public bool HasHardLinks => dialect.Extensions.Contains(LinkExtension);

    public bool HasSync => dialect.Extensions.Contains(SyncExtension);

    public async Task<byte[]> Open(string path, uint flags, uint? mode = null)
    {
        OutgoingPacket request = new SftpRequest(SftpType.Open).Add(path).Add(flags);
        return await HandleOf($"open {path}", mode is { } bits ? request.Add(WithMode).Add(bits) : request.Add(0u)).ConfigureAwait(false);
    }

    public Task Close(byte[] handle) => Do("close", new SftpRequest(SftpType.Close).Add(handle));

    /// <summary>Bytes from an offset on, fewer than asked for perhaps; null at the end.</summary>
    public async Task<IncomingPacket?> Read(byte[] handle, long offset, int count)
    {
        IncomingPacket reply = await connection.Send(new SftpRequest(SftpType.Read).Add(handle).Add(offset).Add((uint)count)).ConfigureAwait(false);
        if (reply.Kind() == SftpType.Data)
            return reply;
        SftpStatusException status = StatusOf(reply, "read");
        return status.Status == SftpStatus.EndOfFile ? null : throw status;
    }

    /// <summary>Writes bytes, which may change as soon as this returns.</summary>
    public Task Write(byte[] handle, long offset, ReadOnlySpan<byte> bytes) =>
        Do("write", new SftpRequest(SftpType.Write, bytes.Length + handle.Length + 32).Add(handle).Add(offset).Add(bytes));

    public Task<SftpAttributes?> Stat(string path) => AttributesOf($"stat {path}", new SftpRequest(SftpType.Stat).Add(path));

    /// <summary>As <see cref="Stat"/>, of a link itself.</summary>
    public Task<SftpAttributes?> LinkStat(string path) => AttributesOf($"lstat {path}", new SftpRequest(SftpType.LinkStat).Add(path));

    public Task<SftpAttributes?> FileStat(byte[] handle) => AttributesOf("fstat", new SftpRequest(SftpType.FileStat).Add(handle));

    public Task SetMode(string path, uint mode) => Do($"chmod {path}", new SftpRequest(SftpType.SetStat).Add(path).Add(WithMode).Add(mode));

    public Task SetMode(byte[] handle, uint mode) => Do("fchmod", new SftpRequest(SftpType.FileSetStat).Add(handle).Add(WithMode).Add(mode));

    public Task MakeFolder(string path, uint mode) => Do($"mkdir {path}", new SftpRequest(SftpType.MakeFolder).Add(path).Add(WithMode).Add(mode));

    public Task Rename(string path, string to) => Do($"rename {path} to {to}", new SftpRequest(SftpType.Rename).Add(path).Add(to));

    public Task HardLink(string path, string to) => Do($"link {path} to {to}", new SftpRequest(SftpType.Extended).Add(LinkExtension).Add(path).Add(to));

    public Task Sync(byte[] handle) => Do("fsync", new SftpRequest(SftpType.Extended).Add(SyncExtension).Add(handle));

    /// <summary>Removes a file; false where there is none.</summary>
    public async Task<bool> Remove(string path)
    {
        try
        {
            await Do($"remove {path}", new SftpRequest(SftpType.Remove).Add(path)).ConfigureAwait(false);
            return true;
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
        {
            return false;
        }
    }

    /// <summary>Everything in a folder but itself and the one above; null where there is no such folder.</summary>
    public async Task<List<(string Name, SftpAttributes Attributes)>?> NamesOf(string folder)
    {
        byte[] handle;
        try
        {
            handle = await HandleOf($"list {folder}", new SftpRequest(SftpType.OpenFolder).Add(folder)).ConfigureAwait(false);
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
        {
            return null;
        }

        List<(string, SftpAttributes)> names = [];
        while (true)
        {
            IncomingPacket reply = await connection.Send(new SftpRequest(SftpType.ReadFolder).Add(handle)).ConfigureAwait(false);
            if (reply.Kind() != SftpType.Name)
            {
                SftpStatusException status = StatusOf(reply, $"list {folder}");
                await Close(handle).ConfigureAwait(false);
                return status.Status == SftpStatus.EndOfFile ? names : throw status;
            }

            for (uint left = reply.NextNumber(); left > 0; left--)
            {
                string name = reply.NextText();
                _ = reply.NextBytes();
                SftpAttributes attributes = reply.NextAttributes();
                if (name is not ("." or ".."))
                    names.Add((name, attributes));
            }
        }
    }

    private static SftpStatusException StatusOf(IncomingPacket reply, string call)
    {
        if (reply.Kind() != SftpType.Status)
            throw IncomingPacket.Senseless();
        SftpStatus status = (SftpStatus)reply.NextNumber();
        string text = reply.IsAtEnd ? "" : string.Concat(reply.NextText().Select(c => char.IsControl(c) ? '?' : c));
        return new SftpStatusException(call, status, text.Length > 0 ? text : status.ToString());
    }

    private async Task Do(string call, OutgoingPacket request)
    {
        SftpStatusException status = StatusOf(await connection.Send(request).ConfigureAwait(false), call);
        if (status.Status != SftpStatus.Done)
            throw status;
    }

    private async Task<byte[]> HandleOf(string call, OutgoingPacket request)
    {
        IncomingPacket reply = await connection.Send(request).ConfigureAwait(false);
        return reply.Kind() == SftpType.Handle ? reply.NextBytes().ToArray() : throw StatusOf(reply, call);
    }

    private async Task<SftpAttributes?> AttributesOf(string call, OutgoingPacket request)
    {
        IncomingPacket reply = await connection.Send(request).ConfigureAwait(false);
        if (reply.Kind() == SftpType.Attributes)
            return reply.NextAttributes();
        SftpStatusException status = StatusOf(reply, call);
        return status.Status == SftpStatus.NoSuchFile ? null : throw status;
    }
}
