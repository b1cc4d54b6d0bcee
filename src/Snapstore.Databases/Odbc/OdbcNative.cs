using System.Runtime.InteropServices;

namespace Snapstore.Databases.Odbc;

/// <summary>The calls of the driver manager that are used (sql.h, sqlext.h, ODBC 3). Text goes as UTF-16, so that no locale has
/// a say in it.</summary>
internal static unsafe partial class OdbcNative
{
    public const short Environment = 1, Connection = 2, Statement = 3;

    public const short Success = 0, SuccessWithInfo = 1, NoData = 100, Error = -1, InvalidHandle = -2;

    public const int NullData = -1, NoTotal = -4;

    /// <summary>Types of what passes through memory.</summary>
    public const short CWide = -8, CBinary = -2, CBigInt = -25, CDouble = 8;

    /// <summary>Types of columns and parameters.</summary>
    public const short SqlWideVarchar = -9, SqlWideLongVarchar = -10, SqlVarbinary = -3, SqlLongVarbinary = -4, SqlBigInt = -5, SqlDecimal = 3, SqlDouble = 8, SqlDate = 91, SqlTime = 92, SqlTimestamp = 93;

    private const string Library = "libodbc.so.2";

    /// <summary>A new handle below another.</summary>
    /// <exception cref="UnsupportedException">The driver manager is not installed.</exception>
    public static short Allocate(short type, nint parent, out nint handle)
    {
        try
        {
            return SQLAllocHandle(type, parent, out handle);
        }
        catch (DllNotFoundException e)
        {
            throw NativeLibraries.Missing(Library, "unixodbc", "unixODBC", e);
        }
    }

    [LibraryImport(Library)]
    private static partial short SQLAllocHandle(short type, nint parent, out nint handle);

    [LibraryImport(Library)]
    public static partial short SQLFreeHandle(short type, nint handle);

    [LibraryImport(Library)]
    public static partial short SQLSetEnvAttr(nint environment, int attribute, nint value, int length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    public static partial short SQLDriverConnectW(
        nint connection, nint window, string text, short length, nint completed, short completedMax, out short completedLength, ushort prompt);

    [LibraryImport(Library)]
    public static partial short SQLDisconnect(nint connection);

    [LibraryImport(Library)]
    public static partial short SQLGetDiagRecW(
        short type, nint handle, short record, char* state, out int nativeError, char* message, short messageMax, out short messageLength);

    [LibraryImport(Library)]
    public static partial short SQLGetInfoW(nint connection, ushort what, void* value, short valueMax, out short length);

    [LibraryImport(Library)]
    public static partial short SQLSetConnectAttrW(nint connection, int attribute, nint value, int length);

    [LibraryImport(Library)]
    public static partial short SQLGetConnectAttrW(nint connection, int attribute, void* value, int valueMax, out int length);

    [LibraryImport(Library)]
    public static partial short SQLEndTran(short type, nint handle, short completion);

    [LibraryImport(Library)]
    public static partial short SQLSetStmtAttrW(nint statement, int attribute, nint value, int length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    public static partial short SQLExecDirectW(nint statement, string text, int length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    public static partial short SQLPrepareW(nint statement, string text, int length);

    [LibraryImport(Library)]
    public static partial short SQLExecute(nint statement);

    [LibraryImport(Library)]
    public static partial short SQLBindParameter(
        nint statement, ushort number, short direction, short cType, short sqlType, nuint size, short digits, void* value, nint valueMax, nint* length);

    [LibraryImport(Library)]
    public static partial short SQLFetch(nint statement);

    [LibraryImport(Library)]
    public static partial short SQLGetData(nint statement, ushort column, short cType, void* value, nint valueMax, nint* length);

    [LibraryImport(Library)]
    public static partial short SQLNumResultCols(nint statement, out short count);

    [LibraryImport(Library)]
    public static partial short SQLRowCount(nint statement, out nint count);

    [LibraryImport(Library)]
    public static partial short SQLFreeStmt(nint statement, ushort option);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    public static partial short SQLTablesW(
        nint statement, string? catalog, short catalogLength, string? schema, short schemaLength, string? table, short tableLength, string? type, short typeLength);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    public static partial short SQLColumnsW(
        nint statement, string? catalog, short catalogLength, string? schema, short schemaLength, string? table, short tableLength, string? column, short columnLength);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf16)]
    public static partial short SQLPrimaryKeysW(
        nint statement, string? catalog, short catalogLength, string? schema, short schemaLength, string? table, short tableLength);
}
