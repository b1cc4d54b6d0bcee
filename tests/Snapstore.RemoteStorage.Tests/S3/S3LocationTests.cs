using Snapstore.RemoteStorage.S3;

namespace Snapstore.RemoteStorage.Tests.S3;

public sealed class S3LocationTests
{
    [Theory]
    [InlineData("s3:https://s3.eu-central-1.amazonaws.com/bucket/a/b", "https://s3.eu-central-1.amazonaws.com/", "bucket", "a/b/", "eu-central-1", false)]
    [InlineData("s3:s3.us-gov-west-1.amazonaws.com/bucket", "https://s3.us-gov-west-1.amazonaws.com/", "bucket", "", "us-gov-west-1", false)]
    [InlineData("s3:https://s3.eu-west-1.amazonaws.com/with.dots", "https://s3.eu-west-1.amazonaws.com/", "with.dots", "", "eu-west-1", true)]
    [InlineData("s3:https://minio.example:9000/bucket/a/", "https://minio.example:9000/", "bucket", "a/", "us-east-1", true)]
    [InlineData("s3:https://minio.example/bucket?region=here&style=virtual", "https://minio.example/", "bucket", "", "here", false)]
    [InlineData("s3:http://127.0.0.1:7480/bucket", "http://127.0.0.1:7480/", "bucket", "", "us-east-1", true)]
    [InlineData("s3:http://localhost/bucket", "http://localhost/", "bucket", "", "us-east-1", true)]
    [InlineData("s3:http://store.lan/bucket?plain-http=yes", "http://store.lan/", "bucket", "", "us-east-1", true)]
    [InlineData("s3:https://s3.eu-central-003.backblazeb2.com/bucket", "https://s3.eu-central-003.backblazeb2.com/", "bucket", "", "eu-central-003", true)]
    [InlineData("oss:oss-cn-hangzhou.aliyuncs.com/bucket/a", "https://oss-cn-hangzhou.aliyuncs.com/", "bucket", "a/", "oss-cn-hangzhou", false)]
    [InlineData("oss:https://oss-cn-hangzhou-internal.aliyuncs.com/bucket", "https://oss-cn-hangzhou-internal.aliyuncs.com/", "bucket", "", "oss-cn-hangzhou", false)]
    public void Locations_name_a_server_a_bucket_and_a_prefix(string location, string endpoint, string bucket, string prefix, string region, bool isPathStyle)
    {
        S3Location parsed = S3Location.Parse(location);
        Assert.Equal((endpoint, bucket, prefix), (parsed.Endpoint.ToString(), parsed.Bucket, parsed.Prefix));
        Assert.Equal((region, isPathStyle), (parsed.Region, parsed.IsPathStyle));
        Assert.Equal(parsed.ToString(), S3Location.Parse(parsed + (location.Contains('?', StringComparison.Ordinal) ? location[location.IndexOf('?', StringComparison.Ordinal)..] : "")).ToString());
    }

    [Theory]
    [InlineData("s3:")]
    [InlineData("s3:https://")]
    [InlineData("s3:https://endpoint")]
    [InlineData("s3:https://endpoint/")]
    [InlineData("s3:https://endpoint/b?region=")]
    [InlineData("s3:ftp://endpoint/bucket")]
    [InlineData("s3:http://endpoint/bucket")]
    [InlineData("s3:http://endpoint/bucket?plain-http=no")]
    [InlineData("s3:https://endpoint/bucket/a//b")]
    [InlineData("s3:https://endpoint/bucket/%2e%2e/b")]
    [InlineData("s3:https://endpoint/bucket/a%2f..%2fb")]
    [InlineData("s3:https://endpoint/bucket/a b")]
    [InlineData("s3:https://endpoint/bucket/../other")]
    [InlineData("s3:https://endpoint/bucket/a/./b")]
    [InlineData("s3:https://endpoint/bucket\\a")]
    [InlineData("s3:https://endpoint/bucket?region=a/b")]
    [InlineData("s3:https://endpoint/bucket?style=odd")]
    [InlineData("s3:https://endpoint/bucket?colour=red")]
    [InlineData("s3:https://endpoint/bucket?region=a&region=b")]
    [InlineData("s3:https://endpoint/bucket#part")]
    public void Wrong_locations_are_refused(string location) => Assert.Throws<UsageException>(() => S3Location.Parse(location));

    [Theory]
    [InlineData("s3:https://key:geheim@endpoint/bucket")]
    [InlineData("s3:https://endpoint/bucket/key:geheim@there")]
    [InlineData("s3:https://geheim@endpoint")]
    [InlineData("s3:https://endpoint:geheim/bucket")]
    [InlineData("s3:https://endpoint/bucket?password=geheim")]
    public void A_secret_in_a_location_is_refused_and_not_shown(string location) =>
        Assert.DoesNotContain("geheim", Assert.Throws<UsageException>(() => S3Location.Parse(location)).Message, StringComparison.Ordinal);
}
