namespace Snapstore.Databases;

/// <summary>The password that Snapstore's own variables give for a database; the engines look at their own places after it.
/// Never part of a message.</summary>
public static class DatabasePassword
{
    /// <summary>The variable that holds the password.</summary>
    public const string Variable = "SNAPSTORE_DATABASE_PASSWORD";

    /// <summary>The variable that names a file whose first line is the password.</summary>
    public const string FileVariable = "SNAPSTORE_DATABASE_PASSWORD_FILE";

    private const int FileSizeMax = 64 << 10;

    /// <summary>The password; null where neither variable is set.</summary>
    /// <param name="variable">Gives an environment variable; null where it is not set.</param>
    /// <exception cref="UsageException">Both are set.</exception>
    /// <exception cref="SourceException">The file cannot be read.</exception>
    public static string? Find(Func<string, string?> variable)
    {
        string? password = variable(Variable), file = variable(FileVariable);
        if (!string.IsNullOrEmpty(password) && !string.IsNullOrEmpty(file))
            throw new UsageException($"{Variable} and {FileVariable} are given at once; which is meant? Give one");
        if (string.IsNullOrEmpty(file))
            return string.IsNullOrEmpty(password) ? null : password;
        return FirstLine(file);
    }

    /// <summary>Takes the variables out of the environment of a program that is about to be started.</summary>
    public static void Hide(IDictionary<string, string?> environment)
    {
        environment.Remove(Variable);
        environment.Remove(FileVariable);
    }

    private static string FirstLine(string path)
    {
        try
        {
            using StreamReader file = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            char[] content = new char[FileSizeMax];
            ReadOnlySpan<char> text = content.AsSpan(0, file.ReadBlock(content));
            int end = text.IndexOf('\n');
            return (end < 0 ? text : text[..end]).TrimEnd('\r').ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"the file that {FileVariable} names cannot be read: {e.Message}", e);
        }
    }
}
