using System.Text.RegularExpressions;

namespace Snapstore.Tests;

/// <summary>Dependencies point one way: a folder of src/Snapstore names only those that stand below it here.</summary>
public sealed partial class LayeringTests
{
    private static readonly string[] Primitives = ["Hashing", "Chunking", "Compression", "Crypto", "Text"];
    private static readonly string[] Middle = [.. Primitives, "Posix", "Formats", "Storage", "Sources"];

    // What the user does: each is built on the repository and knows none of the others.
    private static readonly string[] Upper = [.. Middle, "Repositories"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        [""] = [],
        ["Hashing"] = [],
        ["Compression"] = [],
        ["Text"] = [],
        ["Chunking"] = ["Hashing"],
        ["Crypto"] = ["Hashing"],
        ["Posix"] = Primitives,
        ["Formats"] = ["Crypto", "Hashing"],
        ["Storage"] = ["Posix", "Text"],
        ["Sources"] = [.. Primitives, "Posix", "Formats"],
        ["Repositories"] = [.. Primitives, "Formats", "Storage"],
        ["Retention"] = ["Formats", "Repositories"],
        ["Backup"] = Upper,
        ["Restore"] = Upper,
        ["Browse"] = Upper,
        ["Maintenance"] = Upper,
        ["Garbage"] = Upper,
        ["Copying"] = [.. Upper, "Garbage", "Maintenance"],
        ["Repair"] = [.. Upper, "Garbage", "Maintenance", "Copying"],
    };

    private static string Engine => Checkout.PathOf("src", "Snapstore");

    [Fact]
    public void Every_folder_has_its_place()
    {
        IEnumerable<string> folders = Directory.GetDirectories(Engine).Select(folder => Path.GetFileName(folder)!);
        Assert.Empty(folders.Except(Allowed.Keys));
    }

    [Fact]
    public void Folders_name_only_those_below_them()
    {
        List<string> strays = [];
        foreach (string file in Directory.EnumerateFiles(Engine, "*.cs", SearchOption.AllDirectories))
        {
            string folder = Path.GetDirectoryName(Path.GetRelativePath(Engine, file))!.Split('/')[0];
            foreach (string named in NamedFolders(File.ReadAllText(file)).Where(named => named != folder && !Allowed[folder].Contains(named)))
                strays.Add($"{Path.GetRelativePath(Engine, file)} names {named}");
        }

        Assert.Empty(strays);
    }

    [Fact]
    public void The_engine_knows_no_command_line_and_no_packages_of_others()
    {
        foreach (string file in Directory.EnumerateFiles(Engine, "*.cs", SearchOption.AllDirectories))
            Assert.DoesNotContain("Snapstore.Cli", File.ReadAllText(file).Replace("src/Snapstore.Cli", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("PackageReference", File.ReadAllText(Path.Combine(Engine, "Snapstore.csproj")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("using Snapstore.Backup;", "Backup")]
    [InlineData("using static Snapstore.Restore.Plan;", "Restore")]
    [InlineData("using Alias = Snapstore.Storage.IStorage;", "Storage")]
    [InlineData("global::Snapstore.Crypto.KeyRing keys;", "Crypto")]
    [InlineData("Formats.ByteWriter writer = new();", "Formats")]
    public void Notices_every_way_to_name_a_folder(string code, string folder) => Assert.Equal([folder], NamedFolders(code));

    [Theory]
    [InlineData("// Snapstore.Backup.Pipeline does this")]
    [InlineData("/// <see cref=\"Snapstore.Backup.Pipeline\"/>")]
    [InlineData("repository.Storage.Read(key, 0, bytes);")]
    [InlineData("namespace Snapstore.Backup;")]
    public void Takes_nothing_else_for_a_name(string code) => Assert.Empty(NamedFolders(code));

    private static IEnumerable<string> NamedFolders(string text) => text.Split('\n')
        .Select(line => line.TrimStart())
        .Where(line => !line.StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("namespace ", StringComparison.Ordinal))
        .SelectMany(line => QualifiedName().Matches(line))
        .Select(match => match.Groups["folder"].Value)
        .Where(Allowed.ContainsKey)
        .Distinct();

    // "Snapstore.Folder", or "Folder.Type" where no member access comes before it.
    [GeneratedRegex(@"\bSnapstore\.(?<folder>\w+)|(?<![.\w])(?<folder>[A-Z]\w+)(?=\.[A-Z]\w*)")]
    private static partial Regex QualifiedName();
}
