using System.CommandLine;
using Snapstore.RemoteStorage.Served;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`serve-storage`: the other end of a repository at ssh:HOST:/PATH.</summary>
internal sealed class ServeStorageCommand : VerbCommand
{
    public const string Summary = "Serve a repository's directory to a snapstore on another machine, over ssh";

    private const int InputBufferSize = 128 << 10;

    private readonly Option<bool> _stdio = Declare.Flag("--stdio", "By standard input and output, as sshd runs it (the only way there is; must be given)");
    private readonly Option<bool> _appendOnly = Declare.Flag("--append-only", "Delete nothing, whoever asks: forget and prune are refused, snapshot and restore work");

    public ServeStorageCommand()
        : base("serve-storage", Summary)
    {
        Options.Add(_stdio);
        Options.Add(_appendOnly);
    }

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
    [
        (ExitCode.Done, "the client is done"), (ExitCode.Failed, "failed"), (ExitCode.Usage, "wrong usage, or what came is not the protocol"), (ExitCode.Interrupted, "interrupted"),
    ];

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore --repo ssh:backup@host.example:/srv/backup list", "On another machine: logs in, and runs serve-storage there."),
        ("command=\"snapstore serve-storage --stdio --append-only --repo /srv/host-a\",restrict ssh-ed25519 AAAA...", "A line of authorized_keys: this key can add and read there, and nothing else."),
    ];

    public override string Remarks =>
        "Needs no password and sees no plaintext: what it serves are sealed objects. With a forced command, as above, the directory and the mode are those of that command, whatever the client names. "
        + "Not run by hand; nothing but the protocol goes to standard output, notes (-v) go to standard error.";

    public override int Run(CommandContext context)
    {
        if (!context.Value(_stdio))
            throw new UsageException("serve-storage needs --stdio: it serves over standard input and output, and listens nowhere");
        string place = context.Access.Location;
        if (StoragePlaces.IsFar(place))
            throw new UsageException("serve-storage serves a directory of this machine; name it with --repo DIR");
        StorageServerOptions options = new() { IsAppendOnly = context.Value(_appendOnly), Program = ProgramVersion.Full, Log = context.Output.IsVerbose ? context.Output.Note : _ => { } };
        using BufferedStream input = new(StandardInput.Open(), InputBufferSize);
        new StorageServer(makesFolder => makesFolder ? LocalStorage.Create(place) : LocalStorage.Open(place), input, new StandardStream(StandardStream.OutputFile), options).Run();
        return ExitCode.Done;
    }
}
