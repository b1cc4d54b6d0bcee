using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.S3;

/// <summary>How an object gets its name in a store: never over another, and known to be ours when an answer was lost.</summary>
/// <remarks>
/// Each object carries a random mark of the call that put it. Where the store says that the name is taken, the mark tells
/// whether it was taken by an earlier attempt of this very call, of which the answer never came.
/// </remarks>
internal sealed class S3Upload(S3Storage storage, AmazonS3Client client, S3Location place, S3Settings settings, S3ObjectLock locks) : IDisposable
{
    // Written as x-amz-meta-snapstore-put.
    private const string MarkName = "snapstore-put", Any = "*", OssForbidOverwrite = "x-oss-forbid-overwrite";

    private const int MarkSize = 16;

    private static readonly Lock[] Turns = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    private readonly Lock _probing = new();
    private Task? _probe;
    private StorageKey? _probedKey;

    /// <summary>Puts an object; false where the name exists.</summary>
    public bool Put(StorageKey key, Spool content)
    {
        string mark = NewMark();
        if (!place.KnowsConditions)
            return PutWithoutCondition(key, content, mark);
        if (content.Length > settings.PartsAbove && HoldsItsHash(key))
            return storage.SizeOf(key) is null && PutInParts(key, content, mark);
        lock (_probing)
        {
            if (_probe is null)
            {
                bool isFirstPut = PutWhole(key, content, mark);
                _probedKey = key;
                _probe = isFirstPut ? StartProbe(key, content, mark) : null;
                return isFirstPut;
            }
        }

        AwaitProbe();
        return PutWhole(key, content, mark);
    }

    // One at a time of this machine's process, and never over what is seen to be there: all that can be had of such a store.
    private bool PutWithoutCondition(StorageKey key, Spool content, string mark)
    {
        lock (Turns[((place.Bucket + place.Prefix + key.Name).GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Turns.Length])
        {
            if (storage.SizeOf(key) is not null)
                return false;
            return content.Length > settings.PartsAbove ? PutInParts(key, content, mark) : TryPut(key, content, mark);
        }
    }

    /// <summary>Waits until the store is known to be fit, if that is being tried.</summary>
    /// <exception cref="StorageException">It is not.</exception>
    public void AwaitProbe()
    {
        Task? probe;
        lock (_probing)
            probe = _probe;
        probe?.GetAwaiter().GetResult();
    }

    /// <summary>Ends when nothing is under way any more.</summary>
    public void Dispose()
    {
        if (_probe is { } probe)
            Requests.AwaitEnd(probe);
    }

    /// <summary>Waits while this object is being put a second time: it must not come back after it was deleted.</summary>
    public void AwaitProbeOf(StorageKey key)
    {
        if (key == _probedKey)
            AwaitProbe();
    }

    // The first object is put twice: a store that takes the same bytes a second time ignores the condition. A session that was just
    // registered reads first and puts more later: it need not wait for the answer until then.
    private Task StartProbe(StorageKey key, Spool content, string mark)
    {
        if (!key.TryParseId(StorageKey.SessionsPrefix, out _))
        {
            RefuseWhereOverwritten(key, content, mark);
            return Task.CompletedTask;
        }

        Spool copy = content.Copy();
        return Requests.Start(() =>
        {
            using (copy)
                RefuseWhereOverwritten(key, copy, mark);
            return true;
        });
    }

    /// <summary>Makes sure that the store never overwrites, by an object of no meaning.</summary>
    /// <exception cref="StorageException">It does.</exception>
    public void Probe()
    {
        StorageKey key = StorageKey.Probe(SessionId.NewRandom());
        using IPendingObject pending = storage.BeginObject();
        pending.Append("probe"u8);
        try
        {
            _ = pending.Publish(key);
            AwaitProbe();
        }
        finally
        {
            RemoveProbe(key);
        }
    }

    // Credentials that cannot delete may make a repository: the probe stays, a few bytes that nobody looks at.
    private void RemoveProbe(StorageKey key)
    {
        try
        {
            storage.Delete(key);
        }
        catch (StorageException e) when (e.MissingRight is not null)
        {
        }
    }

    private static bool HoldsItsHash(StorageKey key) =>
        key.TryParsePack(out _, out _) || key.Name.StartsWith(StorageKey.QuarantinePrefix, StringComparison.Ordinal);

    private static string NewMark()
    {
        Span<byte> bytes = stackalloc byte[MarkSize];
        Randomness.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private bool PutWhole(StorageKey key, Spool content, string mark) =>
        TryPut(key, content, mark) || IsOurs(key, content, mark);

    private void RefuseWhereOverwritten(StorageKey key, Spool content, string mark)
    {
        if (TryPut(key, content, mark))
            throw Unfit("it overwrites objects although it is told not to (If-None-Match: *)");
    }

    // False where the name was taken, perhaps by an earlier attempt.
    private bool TryPut(StorageKey key, Spool content, string mark) => storage.Attempts($"writing {key}").Run(async watch =>
    {
        using SpoolStream stream = new(content, 0, content.Length, watch);
        PutObjectRequest request = new()
        {
            BucketName = place.Bucket,
            Key = place.Prefix + key.Name,
            InputStream = stream,
            IfNoneMatch = place.KnowsConditions ? Any : null,
            ContentType = "application/octet-stream",
            UseChunkEncoding = false,
            AutoCloseStream = false,
        };
        request.Metadata.Add(MarkName, mark);
        locks.Mark(request, key, content);
        if (place.IsOss)
            request.Headers[OssForbidOverwrite] = "true";
        try
        {
            await client.PutObjectAsync(request, watch.Token).ConfigureAwait(false);
            return true;
        }
        catch (AmazonS3Exception e) when (S3Failure.IsTaken(e))
        {
            return false;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotImplemented)
        {
            throw Unfit("it cannot put an object only where there is none (If-None-Match: *)");
        }
    });

    private bool PutInParts(StorageKey key, Spool content, string mark)
    {
        InitiateMultipartUploadRequest request = new() { BucketName = place.Bucket, Key = place.Prefix + key.Name, ContentType = "application/octet-stream" };
        request.Metadata.Add(MarkName, mark);
        locks.Mark(request, key);
        string upload = storage.Attempts($"writing {key}").Run(watch => client.InitiateMultipartUploadAsync(request, watch.Token)).UploadId;
        try
        {
            if (!CompleteParts(key, upload, PutParts(key, upload, content)))
            {
                if (storage.SizeOf(key) is null)
                    throw new StorageException($"{storage.Location}: writing {key}: its parts were removed before they were joined; does a rule of the bucket remove them too early? Run again") { IsTransient = true };
                if (!IsOurs(key, content, mark))
                    return false;
            }

            locks.AfterParts(key);
            return true;
        }
        catch (SnapstoreException)
        {
            Abandon(key, upload);
            throw;
        }
    }

    private List<PartETag> PutParts(StorageKey key, string upload, Spool content)
    {
        List<PartETag> parts = [];
        for (long start = 0; start < content.Length; start += settings.PartSize)
        {
            int number = parts.Count + 1;
            long from = start, size = Math.Min(settings.PartSize, content.Length - start);
            string tag = storage.Attempts($"writing part {number} of {key}").Run(async watch =>
            {
                using SpoolStream stream = new(content, from, size, watch);
                UploadPartRequest request = new()
                {
                    BucketName = place.Bucket,
                    Key = place.Prefix + key.Name,
                    UploadId = upload,
                    PartNumber = number,
                    PartSize = size,
                    InputStream = stream,
                    UseChunkEncoding = false,
                    MD5Digest = locks.Digest(content, from, size),
                };
                return (await client.UploadPartAsync(request, watch.Token).ConfigureAwait(false)).ETag;
            });
            parts.Add(new PartETag(number, tag));
        }

        return parts;
    }

    // False where the name is taken or the upload is gone: perhaps by an earlier attempt that went through.
    private bool CompleteParts(StorageKey key, string upload, List<PartETag> parts) => storage.Attempts($"writing {key}").Run(async watch =>
    {
        CompleteMultipartUploadRequest request = new()
        {
            BucketName = place.Bucket,
            Key = place.Prefix + key.Name,
            UploadId = upload,
            PartETags = parts,
            IfNoneMatch = place.KnowsConditions ? Any : null,
        };
        try
        {
            await client.CompleteMultipartUploadAsync(request, watch.Token).ConfigureAwait(false);
            return true;
        }
        catch (AmazonS3Exception e) when (S3Failure.IsTaken(e) || (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket"))
        {
            return false;
        }
    });

    // Parts that stay cost money and nothing else; a rule of the bucket can remove them.
    private void Abandon(StorageKey key, string upload)
    {
        using CallWatch watch = new(settings.StallTime);
        try
        {
            client.AbortMultipartUploadAsync(place.Bucket, place.Prefix + key.Name, upload, watch.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (S3Failure.IsOfCall(e))
        {
        }
    }

    private bool IsOurs(StorageKey key, Spool content, string mark)
    {
        if (storage.Head(key) is not { } head)
            return false;
        string? found = head.Metadata[MarkName];
        // A store that keeps no metadata: bytes that nobody else can have made tell as well.
        return string.IsNullOrEmpty(found) ? head.ContentLength == content.Length && IsSame(key, content) : found == mark;
    }

    private bool IsSame(StorageKey key, Spool content)
    {
        byte[] own = new byte[SpoolMemory.BlockSize], stored = new byte[SpoolMemory.BlockSize];
        for (long offset = 0; offset < content.Length; offset += own.Length)
        {
            int count = content.Read(offset, own);
            storage.Read(key, offset, stored.AsSpan(0, count));
            if (!stored.AsSpan(0, count).SequenceEqual(own.AsSpan(0, count)))
                return false;
        }

        return true;
    }

    private StorageException Unfit(string why) =>
        new($"{storage.Location}: this store is not fit for a repository{(locks.IsUsed ? " in buckets with object lock (which keep versions)" : "")}: {why}, so that writers could destroy each other's objects; keep the repository on another one, or say ?conditions=no if only one machine ever writes at a time (spec/storage-s3.md)");
}
