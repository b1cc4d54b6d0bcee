using System.CommandLine;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`key remove`: one key less.</summary>
internal sealed class KeyRemoveCommand : VerbCommand
{
    private readonly Argument<string> _id = Declare.Argument("KEY", "The key's id, or its first digits; see: snapstore key list");

    public KeyRemoveCommand()
        : base("remove", "Remove a key; the one in use cannot be removed") => Arguments.Add(_id);

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Usage, "wrong usage, no such key, or it is the one in use"));

    public override string Remarks =>
        "Whoever held the key and kept a copy of the repository's key slots can still open that copy: a key removed protects what comes later.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
        [("snapstore key remove 1a2b3c4d", "What that password or key file opened, it opens no more.")];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        SessionId id = KeySlots.Find(repository, context.Value(_id));
        DateTimeOffset? until = KeySlots.Remove(repository, id);
        context.Output.Tell($"key {id.ToShortString()} removed");
        KeySlotText.TellLocked(context, until);
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "key remove");
            json.WriteString("id", id.ToString());
            if (until is { } locked)
                json.WriteTime("locked_until", LockedText.Nanoseconds(locked));
        });
        return ExitCode.Done;
    }
}
