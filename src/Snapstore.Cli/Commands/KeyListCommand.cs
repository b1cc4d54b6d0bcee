using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`key list`: shows what opens the repository.</summary>
internal sealed class KeyListCommand() : VerbCommand("list", "List the keys that open the repository")
{
    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Damage, "damage found: a key slot could not be read; the others are listed"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
        [("snapstore key list", "All keys; a * marks the one in use.")];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        List<string> problems = [];
        List<string[]> rows = [["", "ID", "KIND", "NAME", "MADE BY", "AT"]];
        foreach (KeySlot slot in KeySlots.Load(repository.Storage, repository.Id, problems))
        {
            try
            {
                rows.Add(KeySlotText.Row(context, repository, slot));
                context.Output.Json("key", json => KeySlotText.Write(json, repository, slot));
            }
            catch (CorruptDataException e)
            {
                problems.Add(e.Message);
            }
        }

        foreach (string line in TextTable.Lines(rows, false, false, false, false, false, false))
            context.Output.Line(line);
        foreach (string problem in problems)
            context.Output.Warning(problem);
        return problems.Count > 0 ? ExitCode.Damage : ExitCode.Done;
    }
}
