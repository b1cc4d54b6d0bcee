using System.Buffers;
using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.S3;

/// <summary>Reads a range of an object, over as many requests as it takes.</summary>
internal sealed class S3RangeRead(AmazonS3Client client, S3Location place, StorageKey key, RateLimit? limit)
{
    private const int BufferSize = 128 << 10;

    /// <summary>Fills the destination from <paramref name="done"/> on, and counts it up as bytes come.</summary>
    /// <exception cref="CorruptDataException">The object ends before the destination is full.</exception>
    public void Fill(long offset, Span<byte> destination, ref int done, CallWatch watch)
    {
        long from = offset + done, end = offset + destination.Length;
        using GetObjectResponse response = Open(from, end, watch);
        if (SizeOf(response, from) < end)
            throw Truncated(end - SizeOf(response, from));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (done < destination.Length)
            {
                int wanted = Math.Min(BufferSize, destination.Length - done);
                int count = response.ResponseStream.ReadAsync(buffer.AsMemory(0, wanted), watch.Token).AsTask().GetAwaiter().GetResult();
                if (count == 0)
                    throw new EndOfStreamException("the answer ends early");
                buffer.AsSpan(0, count).CopyTo(destination[done..]);
                done += count;
                watch.Moved(count);
                if (limit is not null)
                    watch.Wait(limit.Take(count)).GetAwaiter().GetResult();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private GetObjectResponse Open(long from, long end, CallWatch watch)
    {
        GetObjectRequest request = new() { BucketName = place.Bucket, Key = place.Prefix + key.Name, ByteRange = new ByteRange(from, end - 1) };
        try
        {
            return client.GetObjectAsync(request, watch.Token).GetAwaiter().GetResult();
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            throw Truncated(end - from);
        }
    }

    /// <summary>The size of an object of which an answer has a range. "bytes 5-9/100": what it begins with is what was asked for, and the object has 100.</summary>
    public static long SizeOf(GetObjectResponse response, long from)
    {
        if (string.IsNullOrEmpty(response.ContentRange))
            return from == 0 ? response.ContentLength : throw new S3NoAnswerException("the store does not read parts of objects");
        string range = response.ContentRange;
        string start = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-");
        int slash = range.IndexOf('/', StringComparison.Ordinal);
        return range.StartsWith(start, StringComparison.Ordinal) && long.TryParse(range.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            ? size
            : throw new InvalidDataException($"the store answers with another range than was asked for: {range}");
    }

    private CorruptDataException Truncated(long missing) => new($"{key} is truncated: it ends {missing} bytes early");
}
