using Snapstore.Benchmarks;

// One verb, one file: a verb measures one part of the engine and prints a table.
switch (args.FirstOrDefault())
{
    case "hash":
        return HashBenchmark.Run();
    case "chunk":
        return ChunkBenchmark.Run();
    default:
        Console.Error.WriteLine("usage: Snapstore.Benchmarks hash|chunk");
        return 2;
}
