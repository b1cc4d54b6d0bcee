namespace Snapstore;

/// <summary>What to say when a system library is not there.</summary>
public static class NativeLibraries
{
    /// <summary>What to install where the library `file` is missing; as an exception to be thrown.</summary>
    public static UnsupportedException Missing(string file, string debianPackage, string otherPackage, Exception cause) =>
        new($"the library {file} is not installed; install it with: apt-get install {debianPackage}"
            + $" (the package is called {otherPackage} on most other systems). {cause.GetType().Name}");
}
