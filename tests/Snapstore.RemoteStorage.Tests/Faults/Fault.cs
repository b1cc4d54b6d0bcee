namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>What goes wrong with one request on its way. "Before": the store never sees it. "After": the store has done it.</summary>
public enum Fault
{
    None,
    InternalErrorBefore,
    InternalErrorAfter,
    BadGateway,
    SlowDown,
    TooManyRequests,
    Conflict,
    ResetBefore,
    ResetAfter,
    HangBefore,
    HangAfter,

    /// <summary>The connection ends in the middle of the answer.</summary>
    CutAnswer,

    /// <summary>The answer is shorter, and says so: a broken middle man.</summary>
    ShortAnswer,

    /// <summary>The answer comes in drops.</summary>
    SlowAnswer,

    /// <summary>The ETag is another's.</summary>
    WrongTag,

    /// <summary>The request arrives twice, and the answer is that to the second: 412 after one's own success.</summary>
    Replayed,

    /// <summary>A byte of the request's body is another when it arrives.</summary>
    DamagedRequest,

    /// <summary>200, and an error in the body, for what is done at the end of an upload in parts.</summary>
    ErrorIn200,
}
