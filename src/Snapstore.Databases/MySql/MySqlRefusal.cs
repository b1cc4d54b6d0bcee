namespace Snapstore.Databases.MySql;

/// <summary>The server's own error: never leaves this folder, <see cref="MySqlErrors"/> says what it means.</summary>
/// <param name="code">The server's number, such as 1045.</param>
/// <param name="message">The server's words.</param>
internal sealed class MySqlRefusal(int code, string message) : Exception(message)
{
    public const int
        DatabaseAccessDenied = 1044,
        AccessDenied = 1045,
        UnknownDatabase = 1049,
        BadField = 1054,
        TableAccessDenied = 1142,
        NoSuchTable = 1146,
        PacketTooLarge = 1153,
        LockWaitTimeout = 1205,
        SpecificAccessDenied = 1227,
        NoSuchRoutine = 1305,
        InvalidView = 1356,
        DefinitionChanged = 1412,
        UnknownVariable = 1193;

    /// <summary>The server's number for it.</summary>
    public int Code => code;

    /// <summary>True where a privilege is missing.</summary>
    public bool IsAccessDenied => code is DatabaseAccessDenied or TableAccessDenied or SpecificAccessDenied or 1141 or 1143 or 1370 or 1419;

    /// <summary>True where a table is not any more what it was when the snapshot began.</summary>
    public bool IsTableChanged => code is NoSuchTable or DefinitionChanged or BadField or UnknownDatabase or 1051 or 1109 or 1932 or 1933 or 1696;
}
