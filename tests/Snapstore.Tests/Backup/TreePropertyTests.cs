using FsCheck;
using FsCheck.Fluent;
using Snapstore.Backup;

namespace Snapstore.Tests.Backup;

public sealed class TreePropertyTests
{
    private static readonly Gen<Edit> Edits =
        from kind in Gen.Choose(0, 8)
        from directory in Gen.Elements("", "/a", "/b", "/a/b", "/a/c")
        from name in Gen.Elements("x", "y", "z", "xx", "a", "b")
        from seed in Gen.Choose(0, 5)
        from size in Gen.Elements(0, 1, 150, 200, 201, 5000, 70_000, 600_000)
        select new Edit(kind, directory, name, seed, size);

    private static readonly Arbitrary<(Edit[] First, Edit[] Second)> Cases = (
        from first in Edits.ArrayOf(12)
        from second in Edits.ArrayOf(4)
        select (first, second)).ToArbitrary();

    [Fact]
    public void Two_snapshots_of_a_tree_and_its_edit_restore_exactly_and_trees_are_canonical() =>
        Prop.ForAll(Cases, edits => Holds(edits.First, edits.Second)).Check(Config.QuickThrowOnFailure.WithMaxTest(15));

    private static void Holds(Edit[] first, Edit[] second)
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        TestRepository repository = new();
        Apply(tree, first);
        TreeLook before = TreeLook.Of(tree);
        BackupReport one = repository.Backup(tree);
        Thread.Sleep(10);
        Apply(tree, second);

        BackupReport two = repository.Backup(tree);
        BackupReport fresh = repository.Backup(tree, selection => selection with { Force = true });

        Assert.Equal(fresh.Manifest.Root, two.Manifest.Root);
        Assert.Equal(0, fresh.Manifest.Counts.MetaBlobsNew + fresh.Manifest.Counts.DataBlobsNew);
        repository.Restore(one.Id, tree, place["one"]);
        TreeLook.AssertSame(before, TreeLook.Of(place["one"]));
        repository.AssertRestores(two.Id, tree, place["two"]);
    }

    private static void Apply(string tree, Edit[] edits)
    {
        foreach (Edit edit in edits)
        {
            string directory = tree + edit.Directory, path = $"{directory}/{edit.Name}";
            if (!Directory.Exists(directory) && !File.Exists(directory) && Directory.Exists(Path.GetDirectoryName(directory)))
                Directory.CreateDirectory(directory);
            if (!Directory.Exists(directory))
                continue;
            bool isThere = TestFiles.Stat(path) is not null;
            if (edit.Kind <= 4 && !Directory.Exists(path) && new FileInfo(path).LinkTarget is null && !IsPipe(path))
                TestFiles.Write(path, TestFiles.Bytes(edit.Seed, edit.Size));
            else if (edit.Kind == 5 && isThere)
                TestDirectory.Run("rm", "-rf", path);
            else if (edit.Kind == 6 && !isThere)
                File.CreateSymbolicLink(path, edit.Name);
            else if (edit.Kind == 7 && !isThere && File.Exists($"{tree}/x") && !IsPipe($"{tree}/x"))
                TestDirectory.Run("ln", $"{tree}/x", path);
            else if (edit.Kind == 8 && !isThere)
                TestFiles.MakeFifo(path);
        }
    }

    private static bool IsPipe(string path) => TestFiles.Stat(path)?.Kind == Snapstore.Posix.FileKind.Fifo;

    private sealed record Edit(int Kind, string Directory, string Name, int Seed, int Size);
}
