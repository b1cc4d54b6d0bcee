using System.Globalization;

namespace Snapstore.Tests.Spec;

/// <summary>One line of a worked example: its bytes and the remark behind them.</summary>
internal sealed record SpecLine(byte[] Bytes, string Remark);

/// <summary>The worked examples of a page in spec/formats/: blocks that begin with "```hex name=NAME".</summary>
internal sealed class SpecPage
{
    private const string Fence = "```", BlockStart = Fence + "hex name=";

    private readonly Dictionary<string, List<SpecLine>> _blocks = [];
    private readonly string _name;

    private SpecPage(string name) => _name = name;

    public IEnumerable<string> BlockNames => _blocks.Keys;

    public static SpecPage Read(string name)
    {
        SpecPage page = new(name);
        List<SpecLine>? block = null;
        foreach (string line in SpecFiles.Lines($"formats/{name}"))
        {
            if (line.StartsWith(BlockStart, StringComparison.Ordinal))
                page._blocks.Add(line[BlockStart.Length..], block = []);
            else if (line == Fence)
                block = null;
            else
                block?.Add(Parse(line));
        }

        return page;
    }

    /// <summary>The lines of a block; a line without a remark goes on with the one before.</summary>
    public IReadOnlyList<SpecLine> Lines(string block) => _blocks.TryGetValue(block, out List<SpecLine>? lines)
        ? lines
        : throw new InvalidOperationException($"spec/formats/{_name} has no block {block}");

    /// <summary>All bytes of a block.</summary>
    public byte[] Bytes(string block) => [.. Lines(block).SelectMany(line => line.Bytes)];

    private static SpecLine Parse(string line)
    {
        int remark = line.IndexOf('#', StringComparison.Ordinal);
        string hex = remark < 0 ? line : line[..remark];
        IEnumerable<byte> bytes = hex.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(Token);
        return new SpecLine([.. bytes], remark < 0 ? "" : line[(remark + 1)..].Trim());
    }

    // "00*5" stands for five zero bytes.
    private static IEnumerable<byte> Token(string token)
    {
        string[] parts = token.Split('*');
        int count = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        return Enumerable.Repeat(Convert.FromHexString(parts[0]).Single(), count);
    }
}
