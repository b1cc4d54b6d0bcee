using System.Diagnostics;
using System.Globalization;
using Amazon.Runtime;
using Snapstore.RemoteStorage.S3;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>OpenStack Swift with its S3 layer on loopback (tools/run-swift-s3): a store that knows no conditional puts.</summary>
public sealed class SwiftServer : IDisposable
{
    /// <summary>What its one account signs with.</summary>
    public const string AccessKey = "test:tester", SecretKey = "testing";

    private static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly int _port = CephGateway.FreePort();
    private int _places;

    public SwiftServer()
    {
        int[] ports = [_port, CephGateway.FreePort(), CephGateway.FreePort(), CephGateway.FreePort()];
        _process = Process.Start(new ProcessStartInfo(
            Snapstore.Tests.Checkout.PathOf("tools", "run-swift-s3"), ports.Select(port => port.ToString(CultureInfo.InvariantCulture)))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        if (_process.StandardOutput.ReadLine() != "ready")
            throw new InvalidOperationException("Swift did not start; standard error says why");
    }

    /// <summary>Settings with its account.</summary>
    public static S3Settings Settings { get; } = new() { Credentials = new BasicAWSCredentials(AccessKey, SecretKey) };

    /// <summary>A place that nobody has used, in a bucket of its own.</summary>
    public string NewPlace() => string.Create(CultureInfo.InvariantCulture, $"s3:http://127.0.0.1:{_port}/test-{Interlocked.Increment(ref _places)}/below");

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(StopTimeMax))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

/// <summary>One server for all tests that use it.</summary>
[CollectionDefinition(Name)]
public sealed class SwiftCollection : ICollectionFixture<SwiftServer>
{
    public const string Name = "Swift";
}
