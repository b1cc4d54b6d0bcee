using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Snapstore.RemoteStorage.S3;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>A Ceph cluster of its own with an S3 gateway on loopback (tools/run-ceph-s3); gone when the tests are.</summary>
public sealed class CephGateway : IDisposable
{
    /// <summary>What its one account signs with.</summary>
    public const string AccessKey = "snapstoretest", SecretKey = "snapstoretestsecret";

    private static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private int _places;

    public CephGateway()
    {
        Port = FreePort();
        ProcessStartInfo start = new(Snapstore.Tests.Checkout.PathOf("tools", "run-ceph-s3"), [Text(Port), Text(FreePort())])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        if (_process.StandardOutput.ReadLine() != "ready")
            throw new InvalidOperationException("the Ceph gateway did not start; standard error says why");
    }

    /// <summary>Its port on loopback.</summary>
    public int Port { get; }

    /// <summary>Settings with its account, and waits that are short beside those of a real network.</summary>
    public static S3Settings Settings { get; } = new() { Credentials = new BasicAWSCredentials(AccessKey, SecretKey) };

    /// <summary>A place that nobody has used, in a bucket of its own.</summary>
    public string NewPlace() => $"s3:http://127.0.0.1:{Text(Port)}/test-{Text(Interlocked.Increment(ref _places))}/below/it";

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(StopTimeMax))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One gateway for all tests that use it.</summary>
[CollectionDefinition(Name)]
public sealed class CephCollection : ICollectionFixture<CephGateway>
{
    public const string Name = "Ceph";
}
