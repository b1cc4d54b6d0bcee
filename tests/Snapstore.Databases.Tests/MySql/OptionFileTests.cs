using Snapstore.Databases.MySql;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>Option files as the servers' own clients read them, and what counts before what.</summary>
public sealed class OptionFileTests
{
    [Theory]
    [InlineData("password=plain", "plain")]
    [InlineData("password = 'with # and \" '", "with # and \" ")]
    [InlineData("password=a#b # a comment", "a#b")]
    [InlineData("password=\"quote \\\" # and \\\\\" # a comment", "quote \" # and \\")]
    [InlineData("pass_word=x", null)]
    [InlineData("# password=x", null)]
    [InlineData("[mysqld]|password=server", null)]
    [InlineData("password=first|[mysql]|password=other|[client-mariadb]|password=last", "last")]
    public void Reads_the_groups_of_clients(string lines, string? password)
    {
        OptionFile options = new();
        options.Read(["[client]", .. lines.Split('|')]);
        Assert.Equal(password, options["password"]);
    }

    [Fact]
    public void The_url_counts_before_files_and_snapstores_variables_before_all_passwords()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "[client]\nuser=fileuser\nhost=filehost\nport=3307\npassword=filepassword\nssl-mode=REQUIRED\n");
            DatabaseUrl url = DatabaseUrl.Parse($"mysql:///shop?defaults-file={Uri.EscapeDataString(file)}");
            MySqlAddress fromFile = MySqlAddress.Find(url, name => name == "MYSQL_PWD" ? "environment" : null);
            Assert.Equal(("fileuser", "filehost", 3307, "filepassword", TlsMode.Required), (fromFile.User, fromFile.Host, fromFile.Port, fromFile.Password, fromFile.Tls));

            MySqlAddress fromUrl = MySqlAddress.Find(url with { User = "ann", Host = "db1", Port = 3308 }, name => name == DatabasePassword.Variable ? "ours" : null);
            Assert.Equal(("ann", "db1", 3308, "ours"), (fromUrl.User, fromUrl.Host, fromUrl.Port, fromUrl.Password));
            Assert.DoesNotContain("ours", fromUrl.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_named_file_that_is_not_there_is_an_error() =>
        Assert.Throws<SourceException>(() => MySqlAddress.Find(DatabaseUrl.Parse("mysql://db1/shop?defaults-file=/nosuch/my.cnf"), _ => null));
}
