using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Text;

namespace Snapstore.Sources.Split;

/// <summary>Puts the members of a tar archive into a tree, each file as content of its own.</summary>
/// <param name="input">The archive.</param>
/// <param name="tree">Where they go.</param>
/// <param name="top">The directory that they go to, without '/' at its ends.</param>
internal sealed class TarSplit(ByteInput input, ISourceTree tree, byte[] top)
{
    private const int SmallMax = 128 << 10;

    private readonly TarReader _reader = new(input);
    private readonly Dictionary<string, uint> _users = [], _groups = [];
    private readonly Dictionary<(uint, uint, string, string), EntryOwner> _owners = [];

    /// <summary>Reads the archive to its end.</summary>
    /// <exception cref="SourceException">It is damaged, cut short, or holds what no tree can.</exception>
    public void Run(CancellationToken cancel)
    {
        while (_reader.Next() is { } member)
        {
            cancel.ThrowIfCancellationRequested();
            byte[] path = PathOf(member.Name);
            AddAccessLists(member);
            Take(member, path, cancel);
            foreach (string problem in member.Problems)
                tree.Warn(path, problem);
        }

        if (_reader.SkipRest(cancel))
            tree.Warn(top, "bytes behind the end of the archive are not in the snapshot");
    }

    private void Take(TarMember member, byte[] path, CancellationToken cancel)
    {
        bool isDirectory = member.Type is '5' or 'D' || (member.Type is '0' or '\0' && member.Name is [.., (byte)'/']);
        switch (member.Type)
        {
            case var _ when isDirectory:
                TakeDirectory(member, path, cancel);
                break;
            case '1':
                TakeHardLink(member, path, cancel);
                break;
            case '2' or '3' or '4' or '6':
                TakeOther(member, path, cancel);
                break;
            case 'V':
                tree.Note(top, $"the archive is labelled {PrintablePath.Of(member.Name)}");
                SkipBody(member, cancel);
                break;
            default:
                if (member.Type is not ('0' or '\0' or '7' or 'S'))
                    member.Problems.Add($"its type {PrintablePath.Of([(byte)member.Type])} is not known; captured as a file");
                TakeFile(member, path, cancel);
                break;
        }
    }

    private void TakeDirectory(TarMember member, byte[] path, CancellationToken cancel)
    {
        tree.Add(path, Entry(member, EntryKind.Directory));
        // What GNU tar's incremental archives say of a directory's names has no place in a tree.
        if (member.Type == 'D')
            SkipBody(member, cancel);
        else
            SkipUnlikelyBody(member, cancel);
    }

    private void TakeHardLink(TarMember member, byte[] path, CancellationToken cancel)
    {
        byte[] target = PathOf(member.LinkName);
        if (tree.Link(path, target))
            SkipUnlikelyBody(member, cancel);
        else if (_reader.HasBody(member))
            TakeFile(member, path, cancel);
        else
            tree.Warn(path, $"not in the snapshot: a hard link to {PrintablePath.Of(member.LinkName)}, which does not stand before it in the archive");
    }

    private void TakeOther(TarMember member, byte[] path, CancellationToken cancel)
    {
        EntryKind kind = member.Type switch
        {
            '2' => EntryKind.Symlink,
            '3' => EntryKind.CharacterDevice,
            '4' => EntryKind.BlockDevice,
            _ => EntryKind.Fifo,
        };
        if (kind == EntryKind.Symlink && member.LinkName.Length is 0 or > Limits.LinkTargetSizeMax)
            throw input.Damaged($"the link {PrintablePath.Of(path)} with a target of {member.LinkName.Length} bytes");
        tree.Add(path, Entry(member, kind));
        SkipUnlikelyBody(member, cancel);
    }

    private void TakeFile(TarMember member, byte[] path, CancellationToken cancel)
    {
        DataRuns? runs = _reader.TakeRuns(member);
        TreeEntry entry = Entry(member, EntryKind.File);
        if (runs is null && member.Size <= SmallMax)
        {
            tree.Put(path, SourceContent.Of(input.TakeArray(member.Size, SmallMax)) with { Entry = entry });
        }
        else
        {
            using Stream file = tree.Begin(path, new WrittenContent { Entry = entry, Runs = runs });
            input.Copy(member.Size, bytes => file.Write(bytes), cancel);
        }

        _reader.SkipPadding(member.Size);
    }

    private void SkipUnlikelyBody(TarMember member, CancellationToken cancel)
    {
        if (_reader.HasBody(member))
            SkipBody(member, cancel);
    }

    private void SkipBody(TarMember member, CancellationToken cancel)
    {
        input.Skip(member.Size, cancel);
        _reader.SkipPadding(member.Size);
    }

    // Members share their owners: a record and two texts for each of many would be most of their memory.
    private TreeEntry Entry(TarMember member, EntryKind kind)
    {
        CheckAttributes(member);
        TreeEntry entry = member.Entry(kind);
        EntryOwner owner = entry.Owner;
        if (!_owners.TryGetValue((owner.Uid, owner.Gid, owner.User, owner.Group), out EntryOwner? shared))
        {
            shared = _owners[(owner.Uid, owner.Gid, owner.User, owner.Group)] = owner;
            _users.TryAdd(owner.User, owner.Uid);
            _groups.TryAdd(owner.Group, owner.Gid);
        }

        return entry with { Owner = shared };
    }

    private void AddAccessLists(TarMember member)
    {
        foreach ((string attribute, byte[] text) in member.AccessLists)
        {
            if (member.Attributes.ContainsKey(attribute))
                continue;
            if (AccessListText.ToAttribute(text, IdOfUser, IdOfGroup) is { } value)
            {
                member.Attributes[attribute] = value;
                // The system shows a list's mask as the group's rights; not all archives do.
                if (attribute == AccessListText.AccessAttribute)
                    member.Mode = AccessListText.ModeWith(value, member.Mode);
            }
            else
            {
                member.Problems.Add($"its access control list is not captured: {PrintablePath.Of(text)} names somebody who is not known here, or is none");
            }
        }
    }

    private uint? IdOfUser(string name) => _users.TryGetValue(name, out uint id) ? id : Users.IdOfUser(name);

    private uint? IdOfGroup(string name) => _groups.TryGetValue(name, out uint id) ? id : Users.IdOfGroup(name);

    private static void CheckAttributes(TarMember member)
    {
        bool isUsable = member.Attributes.Count <= Limits.AttributeCountMax
            && member.Attributes.Sum(pair => (long)pair.Value.Length) <= Limits.AttributesSizeMax
            && member.Attributes.All(pair => pair.Key.Length is > 0 and <= Limits.NameSizeMax && pair.Value.Length <= Limits.AttributeValueSizeMax);
        if (isUsable)
            return;
        member.Problems.Add("its extended attributes are more or larger than a system can have and are not captured");
        member.Attributes.Clear();
    }

    // "./a//b/" is top/a/b; ".." stays, and the tree refuses it.
    private byte[] PathOf(ReadOnlySpan<byte> name)
    {
        List<byte> path = [.. top];
        foreach (Range part in name.Split((byte)'/'))
        {
            if (name[part].IsEmpty || name[part].SequenceEqual("."u8))
                continue;
            path.Add((byte)'/');
            path.AddRange(name[part]);
        }

        return [.. path];
    }
}
