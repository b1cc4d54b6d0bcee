using System.Text;
using Snapstore.Sources;

namespace Snapstore.Tests.Sources;

public sealed class PagedFilesTests
{
    [Theory]
    [InlineData("/data/app.db", 0, "SQLite format 3\0", true)]
    [InlineData("/data/app.db", 1, "SQLite format 3\0", false)]
    [InlineData("/vm/a.qcow2", 0, "QFI\u00fb", true)]
    [InlineData("/vm/a.vmdk", 0, "KDMV", true)]
    [InlineData("/vm/a.vhdx", 0, "vhdxfile", true)]
    [InlineData("/vm/a.img", 510, "\u0055\u00aa", true)]
    [InlineData("/vm/a.raw", 512, "EFI PART", true)]
    [InlineData("/vm/a.img", 0, "XFSB", true)]
    [InlineData("/vm/a.img", 1080, "\u0053\u00ef", true)]
    [InlineData("/vm/a.txt", 1080, "\u0053\u00ef", false)]
    [InlineData("/vm/a.img", 0, "nothing", false)]
    [InlineData("/base/16384/2619", 18, "\u0004\u0020", true)]
    [InlineData("/base/16384/2619_fsm", 18, "\u0004\u0020", true)]
    [InlineData("/base/16384/2619_vm.12", 18, "\u0004\u0020", true)]
    [InlineData("/base/16384/2619.1", 18, "\u0004\u0020", true)]
    [InlineData("/base/16384/2619.", 18, "\u0004\u0020", false)]
    [InlineData("/base/16384/2619.x", 18, "\u0004\u0020", false)]
    [InlineData("/base/16384/PG_VERSION", 18, "\u0004\u0020", false)]
    [InlineData("/base/16384/2619", 18, "\u0004\u0040", false)]
    [InlineData("/mysql/shop/orders.ibd", 24, "\u0000\u0008", true)]
    [InlineData("/mysql/ibdata1", 24, "\u0000\u0008", true)]
    [InlineData("/mysql/orders.txt", 24, "\u0000\u0008", false)]
    public void Knows_them_by_name_and_first_bytes(string path, int offset, string magic, bool isPaged)
    {
        byte[] head = new byte[4096];
        Encoding.Latin1.GetBytes(magic).CopyTo(head, offset);
        Assert.Equal(isPaged, PagedFiles.Recognizes(Encoding.UTF8.GetBytes(path), head, 8 << 20));
    }

    [Fact]
    public void A_small_image_or_a_short_file_is_none()
    {
        byte[] head = new byte[4096];
        "XFSB"u8.CopyTo(head);
        Assert.False(PagedFiles.Recognizes("a.img"u8, head, (1 << 20) - 1));
        Assert.False(PagedFiles.Recognizes("a.img"u8, head, -1));
        Assert.False(PagedFiles.Recognizes("a.db"u8, "SQLite format 3\0"u8, 16));
    }

    [Fact]
    public void A_virtual_box_image_is_known_by_its_signature()
    {
        byte[] head = new byte[4096];
        "<<< Oracle VM VirtualBox Disk Image >>>\n"u8.CopyTo(head);
        Assert.False(PagedFiles.Recognizes("a.vdi"u8, head, 8 << 20));
        ((ReadOnlySpan<byte>)[0x7f, 0x10, 0xda, 0xbe]).CopyTo(head.AsSpan(0x40));
        Assert.True(PagedFiles.Recognizes("a.vdi"u8, head, 8 << 20));
    }
}
