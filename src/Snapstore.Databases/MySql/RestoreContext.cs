namespace Snapstore.Databases.MySql;

/// <summary>What all restores share.</summary>
/// <param name="Address">The server.</param>
/// <param name="Request">What is wanted.</param>
/// <param name="Captured">The snapshot.</param>
/// <param name="Layout">What it holds.</param>
/// <param name="Cancel">Gives up.</param>
internal sealed record RestoreContext(
    MySqlAddress Address, DatabaseRestoreRequest Request, CapturedDatabase Captured, CapturedLayout Layout, CancellationToken Cancel)
{
    /// <summary>A connection whose session is one of a restore.</summary>
    public MySqlConnection Connect()
    {
        MySqlConnection connection = MySqlConnection.Open(Address);
        try
        {
            SessionSettings.ApplyForRestore(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A name that nobody else has.</summary>
    public static string TemporaryName()
    {
        byte[] random = System.Security.Cryptography.RandomNumberGenerator.GetBytes(6);
        return $"snapstore_{Convert.ToHexStringLower(random)}";
    }
}
