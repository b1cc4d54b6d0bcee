using FsCheck;
using FsCheck.Fluent;

namespace Snapstore.Tests.Formats;

/// <summary>Properties over random values.</summary>
internal sealed partial class SeededValues
{
    /// <summary>Seeds for properties over these values.</summary>
    public static Arbitrary<int> Seeds { get; } = Gen.Choose(0, int.MaxValue).ToArbitrary();

    /// <summary>Says that a property holds for values of many seeds.</summary>
    public static void ForAll(Action<SeededValues> property, int cases = 200) =>
        Prop.ForAll(Seeds, seed => property(new SeededValues(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(cases));
}
