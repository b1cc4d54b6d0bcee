namespace Snapstore.Tests;

/// <summary>A test that only root can run: it mounts, makes devices or takes other users' places.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
            Skip = "only root can do this";
    }
}
