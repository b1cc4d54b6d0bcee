using Snapstore.Tests.Formats;

namespace Snapstore.Fuzz;

/// <summary>Gives one input to a decoder: null where it took it and kept its promises, else which one it broke. An error
/// that Snapstore explains is an input refused, and fine; any other exception is a failure.</summary>
internal delegate string? GiveInput(byte[] input);

/// <summary>One decoder under fuzz (spec/fuzzing.md).</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Decoder">What is called.</param>
/// <param name="Start">Valid inputs to begin with: worked examples, and random values encoded.</param>
/// <param name="Give">Calls the decoder.</param>
internal sealed record FuzzTarget(string Name, string Decoder, Func<SeededValues, IEnumerable<byte[]>> Start, GiveInput Give)
{
    /// <summary>What a <see cref="GiveInput"/> answers where the decoder refused the input and threw nothing.</summary>
    public const string Refused = "refused";

    /// <summary>Byte strings that mean something to the decoder; mutations put them in.</summary>
    public IReadOnlyList<byte[]> Words { get; init; } = [];

    /// <summary>Bytes that one execution may allocate, however short its input is.</summary>
    public long AllocationBase { get; init; } = 1 << 20;
}
