using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.S3;

/// <summary>Reads an object whose size is not known, by one request.</summary>
internal sealed class S3WholeRead(AmazonS3Client client, S3Location place, StorageKey key, RateLimit? limit)
{
    private const int StepSize = 128 << 10;

    /// <summary>Room for all of the object, and how much of it came: less than all where the answer was cut. Null where there is no such object.</summary>
    /// <exception cref="CorruptDataException">It has more bytes than it may have.</exception>
    public async Task<(byte[] Content, int Done)?> Begin(long sizeMax, CallWatch watch)
    {
        // A range, though it is all of the object: then the answer tells the object's size beside its own.
        GetObjectRequest request = new() { BucketName = place.Bucket, Key = place.Prefix + key.Name, ByteRange = new ByteRange(0, sizeMax) };
        try
        {
            using GetObjectResponse response = await client.GetObjectAsync(request, watch.Token).ConfigureAwait(false);
            long size = S3RangeRead.SizeOf(response, 0);
            if (size > sizeMax)
                throw IStorage.TooLarge(key, size);
            byte[] content = new byte[size];
            return (content, await Fill(content, response.ResponseStream, watch).ConfigureAwait(false));
        }
        catch (AmazonS3Exception e) when (S3Failure.IsMissing(e))
        {
            return null;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return ([], 0);
        }
    }

    private async Task<int> Fill(byte[] content, Stream body, CallWatch watch)
    {
        int done = 0;
        try
        {
            while (done < content.Length)
            {
                int count = await body.ReadAsync(content.AsMemory(done, Math.Min(StepSize, content.Length - done)), watch.Token).ConfigureAwait(false);
                if (count == 0)
                    throw new EndOfStreamException("the answer ends early");
                done += count;
                watch.Moved(count);
                if (limit is not null)
                    await watch.Wait(limit.Take(count)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (done > 0 && S3Failure.IsOfCall(e))
        {
            // The rest is asked for.
        }

        return done;
    }
}
