using System.Text;
using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Tests.Sources;

public sealed class CommandStreamTests
{
    [Fact]
    public void Gives_the_output_and_how_the_command_ended()
    {
        using MemoryStream errors = new();
        using CommandStream command = Start(errors, "sh", "-c", "echo out; echo err >&2");
        Assert.Equal("out\n", ReadAll(command));
        CommandFacts facts = command.Outcome();
        Assert.Equal(["sh", "-c", "echo out; echo err >&2"], facts.Command);
        Assert.Equal(0, facts.ExitCode);
        Assert.True(facts.Duration > TimeSpan.Zero);
        Assert.Equal("err\n", Encoding.UTF8.GetString(facts.StderrTail));
        Assert.Equal("err\n", Encoding.UTF8.GetString(errors.ToArray()));
    }

    [Fact]
    public void A_command_that_fails_is_not_kept()
    {
        using CommandStream command = Start(Stream.Null, "sh", "-c", "echo some; echo 'disk\tgone' >&2; exit 9");
        Assert.Equal("some\n", ReadAll(command));
        SourceException e = Assert.Throws<SourceException>(command.Outcome);
        Assert.Contains("exit code 9", e.Message, StringComparison.Ordinal);
        Assert.Contains("disk\\x09gone", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_a_signal_ended_is_not_kept()
    {
        using CommandStream command = Start(Stream.Null, "sh", "-c", "kill -9 $$");
        Assert.Empty(ReadAll(command));
        Assert.Contains("137", Assert.Throws<SourceException>(command.Outcome).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_does_not_exist_is_said_to()
    {
        SourceException e = Assert.Throws<SourceException>(() => Start(Stream.Null, "/does/not/exist"));
        Assert.Contains("/does/not/exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_end_of_what_it_said_is_kept()
    {
        using MemoryStream errors = new();
        using CommandStream command = Start(errors, "sh", "-c", "seq 1 5000 >&2");
        ReadAll(command);
        byte[] tail = command.Outcome().StderrTail;
        Assert.Equal(Limits.StderrTailSize, tail.Length);
        Assert.EndsWith("4999\n5000\n", Encoding.UTF8.GetString(tail), StringComparison.Ordinal);
        Assert.True(errors.Length > tail.Length);
    }

    [Fact]
    public void Its_standard_input_is_empty()
    {
        using CommandStream command = Start(Stream.Null, "cat");
        Assert.Empty(ReadAll(command));
        Assert.Equal(0, command.Outcome().ExitCode);
    }

    [Fact]
    public void It_is_ended_when_nobody_wants_it_any_more()
    {
        CommandStream command = Start(Stream.Null, "sleep", "600");
        command.Stop();
        Assert.Empty(ReadAll(command));
        Assert.Throws<SourceException>(command.Outcome);
        command.Dispose();
    }

    [Fact]
    public void What_it_leaves_running_does_not_hold_up_its_end()
    {
        using CommandStream command = Start(Stream.Null, "sh", "-c", "sleep 20 >/dev/null & echo done");
        Assert.Equal("done\n", ReadAll(command));
        Assert.Equal(0, command.Outcome().ExitCode);
    }

    private static CommandStream Start(Stream errors, params string[] command) =>
        CommandStream.Start(command, bytes => errors.Write(bytes.Span), TimeProvider.System);

    private static string ReadAll(CommandStream command)
    {
        using StreamReader reader = new(command.Output);
        return reader.ReadToEnd();
    }
}
