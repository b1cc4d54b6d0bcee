using Snapstore.Benchmarks;

// One verb, one file: a verb measures one part of the engine and prints a table.
switch (args.FirstOrDefault())
{
    case "hash":
        return HashBenchmark.Run();
    case "chunk":
        return ChunkBenchmark.Run(args[1..]);
    default:
        Console.Error.WriteLine("usage: Snapstore.Benchmarks hash | chunk [OLDER NEWER]");
        return 2;
}
