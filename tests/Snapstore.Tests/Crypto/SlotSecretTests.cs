using Snapstore.Crypto;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Crypto;

public sealed class SlotSecretTests
{
    [Fact]
    public void A_new_key_file_is_one_line_that_reads_back()
    {
        string text = SlotSecret.NewKeyFile();
        Assert.Matches("^snapstore-key-1:[0-9a-f]{64}\n$", text);
        Assert.NotEqual(text, SlotSecret.NewKeyFile());
        using SlotSecret secret = SlotSecret.OfKeyFile(text);
        Assert.True(secret.IsKeyFile);
        using SlotSecret again = SlotSecret.OfKeyFile(text.Trim() + "\r\n");
        Assert.Equal(Stretch(secret), Stretch(again));
    }

    [Theory]
    [InlineData("")]
    [InlineData("snapstore-key-1:")]
    [InlineData("snapstore-key-2:e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")]
    [InlineData("snapstore-key-1:E0E1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")]
    [InlineData("snapstore-key-1:e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfe")]
    [InlineData("snapstore-key-1:e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00")]
    [InlineData("snapstore-key-1:g0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----")]
    public void Refuses_text_that_is_no_key_file_without_repeating_it(string text)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SlotSecret.OfKeyFile(text));
        Assert.DoesNotContain("e0e1", refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Refuses_an_empty_password() => Assert.Throws<UsageException>(static () => SlotSecret.OfPassword([]));

    [Fact]
    public void Is_zeroed_when_disposed()
    {
        SlotSecret disposed = SlotSecret.OfKeyFile(SpecValues.KeyFile);
        disposed.Dispose();
        using SlotSecret zeros = SlotSecret.OfKeyFile("snapstore-key-1:" + new string('0', 64));
        Assert.Equal(Stretch(zeros), Stretch(disposed));
    }

    [Fact]
    public void Salt_and_cost_change_what_a_password_becomes()
    {
        using SlotSecret password = SlotSecret.OfPassword("correct horse"u8);
        byte[] stretched = new byte[SlotSecret.StretchedSize];
        byte[] other = new byte[SlotSecret.StretchedSize];
        password.Stretch(new byte[16], KdfCost.Default, stretched);
        password.Stretch([1, .. new byte[15]], KdfCost.Default, other);
        Assert.NotEqual(stretched, other);
        password.Stretch(new byte[16], KdfCost.Default with { Passes = 4 }, other);
        Assert.NotEqual(stretched, other);
    }

    [Fact]
    public void Refuses_a_salt_of_another_size()
    {
        using SlotSecret password = SlotSecret.OfPassword("correct horse"u8);
        Assert.Throws<ArgumentException>(() => password.Stretch(new byte[8], KdfCost.Default, new byte[SlotSecret.StretchedSize]));
    }

    [Fact]
    public void The_costs_offered_are_within_the_bounds()
    {
        Assert.True(KdfCost.Default.IsAcceptable && KdfCost.Strong.IsAcceptable && KdfCost.Paranoid.IsAcceptable);
        Assert.False(default(KdfCost).IsAcceptable);
    }

    private static byte[] Stretch(SlotSecret keyFile)
    {
        byte[] stretched = new byte[SlotSecret.StretchedSize];
        keyFile.Stretch([], default, stretched);
        return stretched;
    }
}
