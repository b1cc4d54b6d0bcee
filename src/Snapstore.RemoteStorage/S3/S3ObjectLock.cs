using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.S3;

/// <summary>Locks of objects in a bucket that has object lock, and with it versions (spec/object-lock.md).</summary>
internal sealed class S3ObjectLock(S3Storage storage, AmazonS3Client client, S3Location place)
{
    private const string DeleteRight = "s3:DeleteObjectVersion", LockRight = "s3:PutObjectRetention", ListRight = "s3:ListBucketVersions", HoldOn = "ON";

    // What a deletion names where there is no version: nothing is there, and the permission is asked for all the same.
    private const string NoVersion = "null";

    private ObjectLockTerms? _terms;
    private TimeProvider _time = TimeProvider.System;

    /// <summary>True where objects are locked when they are put, and deleted with their versions.</summary>
    public bool IsUsed => _terms is not null;

    public void Use(ObjectLockTerms terms, TimeProvider time) => (_terms, _time) = (terms, time);

    /// <summary>Makes sure that the bucket can lock, and locks nothing by itself.</summary>
    /// <exception cref="UsageException">It was made without, or would lock what has to go soon as well.</exception>
    public void RequireBucket()
    {
        ObjectLockConfiguration? found = storage.Attempts($"asking whether the bucket {place.Bucket} has object lock").Run(async watch =>
        {
            try
            {
                GetObjectLockConfigurationResponse answer = await client.GetObjectLockConfigurationAsync(
                    new GetObjectLockConfigurationRequest { BucketName = place.Bucket }, watch.Token).ConfigureAwait(false);
                return answer.ObjectLockConfiguration;
            }
            catch (AmazonS3Exception e) when (e.ErrorCode != "NoSuchBucket" && e.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest)
            {
                return null;
            }
        });
        if (found?.ObjectLockEnabled != ObjectLockEnabled.Enabled)
            throw new UsageException($"{storage.Location}: the bucket {place.Bucket} has no object lock, so nothing in it can be locked: name a new bucket and let init make it (--create-bucket), or make one with object lock; nothing was done");
        if (found.Rule?.DefaultRetention is { Mode: not null })
            throw new UsageException($"{storage.Location}: the bucket {place.Bucket} locks all that is put into it (a default retention), also what has to be removed soon: take that rule from the bucket, --object-lock needs none; nothing was done");
    }

    /// <summary>Has an object locked as it is put.</summary>
    public void Mark(PutObjectRequest request, StorageKey key, Spool content)
    {
        if (_terms is not { } terms || !ObjectLockTerms.Covers(key))
            return;
        request.ObjectLockMode = terms.Mode == Storage.ObjectLockMode.Governance ? Amazon.S3.ObjectLockMode.Governance : Amazon.S3.ObjectLockMode.Compliance;
        request.ObjectLockRetainUntilDate = Until(terms);
        request.MD5Digest = Digest(content, 0, content.Length);
    }

    /// <inheritdoc cref="Mark(PutObjectRequest, StorageKey, Spool)"/>
    public void Mark(InitiateMultipartUploadRequest request, StorageKey key)
    {
        if (_terms is not { } terms || !ObjectLockTerms.Covers(key))
            return;
        request.ObjectLockMode = terms.Mode == Storage.ObjectLockMode.Governance ? Amazon.S3.ObjectLockMode.Governance : Amazon.S3.ObjectLockMode.Compliance;
        request.ObjectLockRetainUntilDate = Until(terms);
    }

    /// <summary>An upload in parts was joined: not every store (Ceph 16) locks it as it was told to when it began.</summary>
    public void AfterParts(StorageKey key)
    {
        if (_terms is { } terms && ObjectLockTerms.Covers(key))
            LockUntil(key, terms.UntilFrom(_time.GetUtcNow()));
    }

    /// <summary>What stores want of an object that is to be locked; null where none is.</summary>
    public string? Digest(Spool content, long from, long size)
    {
        if (_terms is null)
            return null;

        // No secret hangs on it: a header that the protocol asks for (CA5351).
#pragma warning disable CA5351
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        byte[] piece = new byte[SpoolMemory.BlockSize];
        for (long at = from; at < from + size;)
        {
            int count = content.Read(at, piece.AsSpan(0, (int)Math.Min(piece.Length, from + size - at)));
            hash.AppendData(piece, 0, count);
            at += count;
        }

        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    public DateTimeOffset? LockedUntil(StorageKey key) => LockOf(storage.Head(key) ?? throw new ObjectMissingException(key, storage.Location));

    public void LockUntil(StorageKey key, DateTimeOffset until) => storage.Attempts($"locking {key}").Run(async watch =>
    {
        PutObjectRetentionRequest request = new()
        {
            BucketName = place.Bucket,
            Key = place.Prefix + key.Name,
            Retention = new ObjectLockRetention { Mode = _terms?.Mode == Storage.ObjectLockMode.Governance ? ObjectLockRetentionMode.Governance : ObjectLockRetentionMode.Compliance, RetainUntilDate = until.UtcDateTime },
        };
        try
        {
            return await client.PutObjectRetentionAsync(request, watch.Token).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsMissing(e))
        {
            throw new ObjectMissingException(key, storage.Location);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsRefused(e))
        {
            throw S3Failure.Refused(storage.Location, $"locking {key}", LockRight, e);
        }
    });

    /// <summary>Removes an object with all its versions, the oldest first, so that none shows up again.</summary>
    public void DeleteAll(StorageKey key)
    {
        List<StoredVersion> versions = [.. ListVersions(key.Name, isWhole: true)];
        if (versions.Count == 0)
            versions.Add(new StoredVersion(key, NoVersion, 0, IsMarker: false, default, ""));
        for (int i = versions.Count - 1; i >= 0; i--)
            DeleteVersion(versions[i]);
    }

    public void DeleteVersion(StoredVersion version) => storage.Attempts($"deleting {version.Key}").Run(async watch =>
    {
        try
        {
            return await client.DeleteObjectAsync(RequestFor(version), watch.Token).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsMissing(e))
        {
            return null;
        }
        catch (AmazonS3Exception e) when ((S3Failure.IsRefused(e) || e.StatusCode == HttpStatusCode.BadRequest) && FindLock(version) is { } until && until > _time.GetUtcNow() - ObjectLockTerms.Margin)
        {
            // The store's clock decides, and ours may be ahead of it by as much as it lets pass.
            throw S3Failure.Locked(storage.Location, $"deleting {version.Key}", until, e);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsRefused(e))
        {
            throw S3Failure.Refused(storage.Location, $"deleting {version.Key}", DeleteRight, e);
        }
    });

    public IEnumerable<StoredVersion> ListVersions(string prefix, bool isWhole = false)
    {
        string? key = null, version = null;
        while (true)
        {
            ListVersionsRequest request = new() { BucketName = place.Bucket, Prefix = place.Prefix + prefix, KeyMarker = key, VersionIdMarker = version };
            ListVersionsResponse page = ListPage(request, prefix);
            foreach (S3ObjectVersion found in page.Versions ?? [])
            {
                // Names come in their order: one that is another's beginning comes first.
                if (isWhole && found.Key != request.Prefix)
                    yield break;
                if (!found.Key.StartsWith(request.Prefix, StringComparison.Ordinal))
                    throw new StorageException($"{storage.Location}: the store lists versions of '{prefix}' with what does not lie there; it cannot be relied upon");
                if (StorageKey.TryParse(found.Key[place.Prefix.Length..]) is { } name)
                    yield return new StoredVersion(name, found.VersionId, found.Size ?? 0, found.IsDeleteMarker == true, TimeOf(found), found.ETag ?? "");
            }

            if (page.IsTruncated != true)
                yield break;
            if (string.IsNullOrEmpty(page.NextKeyMarker) || (page.NextKeyMarker == key && page.NextVersionIdMarker == version))
                throw new StorageException($"{storage.Location}: the store cut its listing of versions short and does not say how to go on; it cannot be relied upon");
            (key, version) = (page.NextKeyMarker, page.NextVersionIdMarker);
        }
    }

    public void ReadVersion(StoredVersion version, long offset, Span<byte> destination)
    {
        int size = destination.Length;
        byte[] read = storage.Attempts($"reading a version of {version.Key}").Run(async watch =>
        {
            GetObjectRequest request = new()
            {
                BucketName = place.Bucket,
                Key = place.Prefix + version.Key.Name,
                VersionId = version.Version,
                ByteRange = new ByteRange(offset, offset + size - 1),
            };
            using GetObjectResponse answer = await client.GetObjectAsync(request, watch.Token).ConfigureAwait(false);
            byte[] bytes = new byte[size];
            for (int done = 0; done < size;)
            {
                int count = await answer.ResponseStream.ReadAsync(bytes.AsMemory(done), watch.Token).ConfigureAwait(false);
                if (count == 0)
                    throw new InvalidDataException("the answer ended too early");
                watch.Moved(count);
                done += count;
            }

            return bytes;
        });
        read.CopyTo(destination);
    }

    public void CopyToTop(StoredVersion version)
    {
        GetObjectMetadataResponse head = Head(version);
        CopyObjectRequest request = new()
        {
            SourceBucket = place.Bucket,
            SourceKey = place.Prefix + version.Key.Name,
            SourceVersionId = version.Version,
            DestinationBucket = place.Bucket,
            DestinationKey = place.Prefix + version.Key.Name,
        };
        if (head.ObjectLockRetainUntilDate is { } until && until.ToUniversalTime() > _time.GetUtcNow().UtcDateTime)
            (request.ObjectLockMode, request.ObjectLockRetainUntilDate) = (head.ObjectLockMode, until.ToUniversalTime());
        _ = storage.Attempts($"copying an earlier version of {version.Key}").Run(watch => client.CopyObjectAsync(request, watch.Token));
    }

    private ListVersionsResponse ListPage(ListVersionsRequest request, string prefix) => storage.Attempts($"listing versions of '{prefix}'").Run(async watch =>
    {
        try
        {
            return await client.ListVersionsAsync(request, watch.Token).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsRefused(e))
        {
            throw S3Failure.Refused(storage.Location, $"listing versions of '{prefix}'", ListRight, e);
        }
    });

    private static DateTimeOffset TimeOf(S3ObjectVersion found) => found.LastModified is { } time ? new DateTimeOffset(time.ToUniversalTime()) : default;

    // Of a hold nobody knows when it ends.
    private static DateTimeOffset? LockOf(GetObjectMetadataResponse head) => head.ObjectLockLegalHoldStatus?.Value == HoldOn
        ? DateTimeOffset.MaxValue
        : head.ObjectLockRetainUntilDate is { } until ? new DateTimeOffset(until.ToUniversalTime()) : null;

    private DateTime Until(ObjectLockTerms terms) => terms.UntilFrom(_time.GetUtcNow()).UtcDateTime;

    private DeleteObjectRequest RequestFor(StoredVersion version) =>
        new() { BucketName = place.Bucket, Key = place.Prefix + version.Key.Name, VersionId = version.Version };

    private GetObjectMetadataResponse Head(StoredVersion version) => storage.Attempts($"looking for a version of {version.Key}").Run(watch => client.GetObjectMetadataAsync(
        new GetObjectMetadataRequest { BucketName = place.Bucket, Key = place.Prefix + version.Key.Name, VersionId = version.Version }, watch.Token));

    // A store that does not say it, or that has no such version: then it is no lock that was in the way.
    private DateTimeOffset? FindLock(StoredVersion version)
    {
        if (version.IsMarker)
            return null;
        try
        {
            return LockOf(Head(version));
        }
        catch (StorageException)
        {
            return null;
        }
    }
}
