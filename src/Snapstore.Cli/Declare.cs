using System.CommandLine;

namespace Snapstore.Cli;

/// <summary>Options in one line each.</summary>
internal static class Declare
{
    /// <summary>An option without a value.</summary>
    public static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    /// <summary>An option with a value; null where it is not given.</summary>
    public static Option<string?> Text(string name, string valueName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = valueName };

    /// <summary>An option with a value that may be given several times.</summary>
    public static Option<string[]> Texts(string name, string valueName, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = valueName, Arity = ArgumentArity.OneOrMore };

    /// <summary>An option with a whole number; null where it is not given.</summary>
    public static Option<int?> Number(string name, string description) =>
        new(name) { Description = description, HelpName = "N" };

    /// <summary>An option with one of these values; null where it is not given.</summary>
    public static Option<string?> Choice(string name, string description, params string[] values)
    {
        Option<string?> option = new(name) { Description = description, HelpName = string.Join('|', values) };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    /// <summary>An argument that must be given.</summary>
    public static Argument<string> Argument(string name, string description) => new(name) { Description = description };

    /// <summary>An argument that must be given once or more.</summary>
    public static Argument<string[]> Arguments(string name, string description, bool isOptional = false) =>
        new(name) { Description = description, Arity = isOptional ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore };
}
