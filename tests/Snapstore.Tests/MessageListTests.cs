namespace Snapstore.Tests;

public sealed class MessageListTests
{
    [Fact]
    public void All_are_counted_and_the_first_are_kept()
    {
        MessageList messages = new();
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < Limits.MessagesMax; i++)
                messages.Add($"{i}");
        });

        Assert.Equal(4L * Limits.MessagesMax, messages.Total);
        Assert.Equal(Limits.MessagesMax, messages.Count);
        Assert.Equal(Limits.MessagesMax, messages.ToArray().Length);
        Assert.Equal("0", messages[0]);
    }
}
