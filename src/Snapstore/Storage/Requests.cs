namespace Snapstore.Storage;

/// <summary>Several requests at a time where a storage is far away (<see cref="IStorage.RequestsMax"/>); one after the other, in
/// the thread that asks, where it is near.</summary>
public static class Requests
{
    private const long WaitingBytesMax = 4 << 20;

    /// <summary>What <paramref name="request"/> gives for each item, in their order; later ones are under way while an earlier one is looked at.</summary>
    /// <param name="storage">Which storage is asked.</param>
    /// <param name="items">What is asked for.</param>
    /// <param name="request">Asks; from any thread.</param>
    /// <param name="most">Results that may wait in memory.</param>
    /// <remarks>A failure is thrown where its item comes in turn, after those before it.</remarks>
    public static IEnumerable<TResult> InOrder<TItem, TResult>(IStorage storage, IEnumerable<TItem> items, Func<TItem, TResult> request, int most = int.MaxValue)
    {
        Queue<Task<TResult>> underWay = [];
        try
        {
            foreach (TItem item in items)
            {
                int room = Math.Min(storage.RequestsMax, most);
                if (room > 1)
                    underWay.Enqueue(Start(() => request(item)));
                while (underWay.Count > 0 && underWay.Count >= room)
                    yield return underWay.Dequeue().GetAwaiter().GetResult();
                if (room <= 1)
                    yield return request(item);
            }

            while (underWay.TryDequeue(out Task<TResult>? next))
                yield return next.GetAwaiter().GetResult();
        }
        finally
        {
            // Nobody asks for these any more, but their storage may be closed next.
            foreach (Task left in underWay)
                AwaitEnd(left);
        }
    }

    /// <summary>Does it for each item; ends, also where one failed, when none is under way any more.</summary>
    public static void ForEach<TItem>(IStorage storage, IEnumerable<TItem> items, Action<TItem> request)
    {
        IEnumerable<bool> done = InOrder(storage, items, item =>
        {
            request(item);
            return true;
        });
        foreach (bool _ in done)
        {
        }
    }

    /// <summary>Does all of these; ends, also where one failed, when none is under way any more.</summary>
    public static void All(IStorage storage, params Action[] requests) => ForEach(storage, requests, request => request());

    /// <summary>Threads for work of which each piece begins with a request: so many as the machine serves, more where they wait. 0 stays 0.</summary>
    public static int Threads(IStorage storage, int workers) => workers == 0 ? 0 : Math.Max(workers, storage.RequestsMax);

    /// <summary>Whole objects that may wait in memory: two, and more where they are small.</summary>
    public static int AheadOf(IEnumerable<StoredObject> objects) => (int)Math.Max(2, WaitingBytesMax / objects.Select(found => found.Size).Append(1).Max());

    /// <summary>Asks in a thread of its own.</summary>
    public static Task<TResult> Start<TResult>(Func<TResult> request) =>
        Task.Factory.StartNew(request, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>Waits for its end, be it a result, a failure or a cancellation that nobody looks at any more.</summary>
    public static void AwaitEnd(Task request) => request.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
}
