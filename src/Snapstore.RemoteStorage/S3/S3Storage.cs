using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.S3;

/// <summary>Objects in a bucket of an S3 store, below a prefix (spec/storage-s3.md). Thread safe.</summary>
/// <remarks>Calls wait for the store: a call that fails in passing is tried again for <see cref="S3Settings.RetryTime"/>,
/// and no request waits longer than <see cref="S3Settings.StallTime"/> for progress.</remarks>
public sealed partial class S3Storage : ILockingStorage
{
    // Half a pack of the usual size, for all that are on their way: what is beyond waits in a file. 40 MiB made first snapshots 3 and 9 % quicker (two pairs, 300,000 files).
    private const int SpoolBlocksMax = 16;

    private readonly S3Location _place;
    private readonly S3Settings _settings;
    private readonly HttpConnections _connections;
    private readonly AmazonS3Client _client;
    private readonly StorageLatency _latency = new();
    private readonly WaitNotice _notice;
    private readonly SpoolMemory _memory = new(SpoolBlocksMax);
    private readonly S3Upload _upload;
    private readonly S3ObjectLock _lock;

    private S3Storage(S3Location place, S3Settings settings)
    {
        (_place, _settings, Location) = (place, settings, place.ToString());
        _notice = new WaitNotice(settings.Tell);
        _connections = new HttpConnections(settings.Upload);
        _client = S3Connection.Open(place, settings, _connections);
        _lock = new S3ObjectLock(this, _client, place);
        _upload = new S3Upload(this, _client, place, settings, _lock);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public int WritersMax => 4;

    /// <inheritdoc/>
    public string? RaceHazard => _place.KnowsConditions ? null : "is used without conditions (?conditions=no), so two machines can take the same name at a time";

    /// <inheritdoc/>
    public int RequestsMax => _latency.RequestsMax;

    /// <summary>Opens a place. Nothing is asked of the store yet.</summary>
    /// <exception cref="StorageException">There are no credentials.</exception>
    public static S3Storage Open(S3Location place, S3Settings? settings = null) => new(place, settings ?? new S3Settings());

    /// <summary>Opens the place for a new repository, and makes sure that the store is fit for one.</summary>
    /// <param name="place">Where.</param>
    /// <param name="makeBucket">True to make the bucket where it is missing.</param>
    /// <param name="settings">How long to wait, and more; null for the usual.</param>
    /// <param name="terms">How objects are to be locked; null where they are not.</param>
    /// <param name="time">The clock that locks are set by; null for the system's.</param>
    /// <exception cref="StorageException">The bucket is missing, or the store does not keep the contract.</exception>
    /// <exception cref="UsageException">Objects are to be locked, and the bucket was made without that.</exception>
    public static S3Storage Create(S3Location place, bool makeBucket, S3Settings? settings = null, ObjectLockTerms? terms = null, TimeProvider? time = null)
    {
        S3Storage storage = Open(place, settings);
        try
        {
            if (makeBucket)
                storage.MakeBucket(hasLock: terms is not null);
            _ = storage.ListPage("", null, 1);
            if (terms is not null)
            {
                storage._lock.RequireBucket();
                storage.Use(terms, time ?? TimeProvider.System);
            }

            storage._upload.Probe();
            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        using IPendingObject pending = BeginObject();
        pending.Append(content);
        return pending.Publish(key);
    }

    /// <inheritdoc/>
    public IPendingObject BeginObject() => new SpooledObject(_memory, _upload.Put);

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        IStorage.RequirePossible(key, offset, destination.Length);
        if (destination.IsEmpty)
        {
            _ = SizeOf(key) ?? throw new ObjectMissingException(key, Location);
            return;
        }

        S3Attempts attempts = Attempts($"reading {key}");
        S3RangeRead read = new(_client, _place, key, _settings.Download);
        int done = 0;
        while (done < destination.Length)
        {
            using CallWatch watch = attempts.Start();
            try
            {
                // What came before a cut stays.
                read.Fill(offset, destination, ref done, watch);
            }
            catch (AmazonS3Exception e) when (S3Failure.IsMissing(e))
            {
                throw new ObjectMissingException(key, Location);
            }
            catch (Exception e) when (S3Failure.IsOfCall(e))
            {
                attempts.WaitOrThrow(e);
            }
        }
    }

    /// <inheritdoc/>
    public byte[]? TryReadWhole(StorageKey key, long sizeMax)
    {
        if (Attempts($"reading {key}").Run(watch => new S3WholeRead(_client, _place, key, _settings.Download).Begin(sizeMax, watch)) is not { } begun)
            return null;

        // What came before a cut stays.
        if (begun.Done < begun.Content.Length)
            Read(key, begun.Done, begun.Content.AsSpan(begun.Done));
        return begun.Content;
    }

    /// <inheritdoc/>
    public long? SizeOf(StorageKey key) => Head(key)?.ContentLength;

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix) => StorageKey.IsPrefix(prefix)
        ? ListAll(prefix)
        : throw new ArgumentException("not a folder's name with its '/'", nameof(prefix));

    /// <inheritdoc/>
    public void Delete(StorageKey key)
    {
        _upload.AwaitProbeOf(key);
        if (_lock.IsUsed)
            _lock.DeleteAll(key);
        else
            Hide(key);
    }

    /// <inheritdoc/>
    public void Hide(StorageKey key) => Attempts($"deleting {key}").Run(async watch =>
    {
        try
        {
            await _client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _place.Bucket, Key = _place.Prefix + key.Name }, watch.Token).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsMissing(e))
        {
            // Gone already: what was wanted.
        }
        catch (AmazonS3Exception e) when (S3Failure.IsRefused(e))
        {
            throw S3Failure.Refused(Location, $"deleting {key}", "s3:DeleteObject", e);
        }

        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _upload.Dispose();
        _client.Dispose();
        _connections.Dispose();
    }

    internal S3Attempts Attempts(string what) => new(_settings, Location, what, _latency, _notice);

    /// <summary>What the store says of an object; null where there is none.</summary>
    internal GetObjectMetadataResponse? Head(StorageKey key) => Attempts($"looking for {key}").Run(async watch =>
    {
        try
        {
            return await _client.GetObjectMetadataAsync(_place.Bucket, _place.Prefix + key.Name, watch.Token).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (S3Failure.IsMissing(e))
        {
            return null;
        }
        catch (AmazonS3Exception e) when (e.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden)
        {
            // An answer to HEAD has no body that could say why; one to GET has.
            GetObjectRequest request = new() { BucketName = _place.Bucket, Key = _place.Prefix + key.Name, ByteRange = new ByteRange(0, 0) };
            using GetObjectResponse response = await _client.GetObjectAsync(request, watch.Token).ConfigureAwait(false);
            throw;
        }
    });

    private IEnumerable<StoredObject> ListAll(string prefix)
    {
        string? token = null;
        do
        {
            ListObjectsV2Response page = ListPage(prefix, token, _settings.ListPage);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                if (!found.Key.StartsWith(_place.Prefix + prefix, StringComparison.Ordinal))
                    throw new StorageException($"{Location}: the store lists '{prefix}' with what does not lie there; it cannot be relied upon");
                if (StorageKey.TryParse(found.Key[_place.Prefix.Length..]) is { } key)
                    yield return new StoredObject(key, found.Size ?? throw new StorageException($"{Location}: the store lists {key} without its size"));
            }

            string? next = page.IsTruncated == true ? page.NextContinuationToken : null;
            if (page.IsTruncated == true && (string.IsNullOrEmpty(next) || next == token))
                throw new StorageException($"{Location}: the store cut its listing of '{prefix}' short and does not say how to go on; it cannot be relied upon");
            token = next;
        }
        while (token is not null);
    }

    private ListObjectsV2Response ListPage(string prefix, string? token, int size) => Attempts($"listing '{prefix}'").Run(watch => _client.ListObjectsV2Async(
        new ListObjectsV2Request { BucketName = _place.Bucket, Prefix = _place.Prefix + prefix, ContinuationToken = token, MaxKeys = size }, watch.Token));

    private void MakeBucket(bool hasLock) => Attempts(string.Create(CultureInfo.InvariantCulture, $"making the bucket {_place.Bucket}")).Run(async watch =>
    {
        try
        {
            PutBucketRequest request = new() { BucketName = _place.Bucket, ObjectLockEnabledForBucket = hasLock };
            if (_place.IsAmazon && _place.Region != "us-east-1")
                request.BucketRegionName = _place.Region;
            await _client.PutBucketAsync(request, watch.Token).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode is "BucketAlreadyOwnedByYou" or "BucketAlreadyExists")
        {
            // Whether these credentials may use it shows in a moment.
        }

        return true;
    });
}
