using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>What tests run in a process of its own: to be watched from outside, to be another user, or to be killed.</summary>
internal static class ChildProgram
{
    public static int Main(string[] arguments)
    {
        try
        {
            return Run(arguments);
        }
        catch (SnapstoreException e)
        {
            Console.Out.WriteLine($"{e.GetType().Name}: {e.Message}");
            return 0;
        }
    }

    private static int Run(string[] arguments)
    {
        using LocalStorage storage = arguments[0] == "create-and-put" ? LocalStorage.Create(arguments[1]) : LocalStorage.Open(arguments[1]);
        switch (arguments[0])
        {
            case "create-and-put" or "put":
                Put(storage, arguments[2..]);
                return 0;
            case "delete":
                storage.Delete(StorageKey.TryParse(arguments[2])!.Value);
                return 0;
            case "list":
                Console.Out.WriteLine($"{storage.List(arguments[2]).Count()} objects");
                return 0;
            default:
                Console.Error.WriteLine($"no such verb: {arguments[0]}");
                return 2;
        }
    }

    private static void Put(LocalStorage storage, string[] names)
    {
        foreach (string name in names)
            storage.PutIfAbsent(StorageKey.TryParse(name)!.Value, new byte[5000]);
    }
}
