using System.Runtime.CompilerServices;

namespace Snapstore.RemoteStorage.Tests;

/// <summary>Threads for client, proxy and store in one process from the beginning.</summary>
/// <remarks>The SDK reads bodies synchronously on threads of the pool. On two cores the pool has two, and gives one more a second:
/// the proxy that should send those bodies would wait for them.</remarks>
internal static class ThreadsAtHand
{
    private const int Threads = 64;

    [ModuleInitializer]
    internal static void Provide() => ThreadPool.SetMinThreads(Threads, Threads);
}
