namespace Snapstore.Cli;

/// <summary>How the program is to speak.</summary>
/// <param name="IsJson">True prints one JSON object a line instead of text for people.</param>
/// <param name="IsQuiet">True prints only results that were asked for, warnings and errors.</param>
/// <param name="IsVerbose">True prints more, and traces of unexpected failures.</param>
internal sealed record OutputOptions(bool IsJson, bool IsQuiet, bool IsVerbose);
