using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Served;

/// <summary>Failures of a storage as packets, and back: the caller far away gets the exception that a caller there would.</summary>
internal static class ServedFailure
{
    private const int TextMax = 2000;

    /// <summary>The answer that tells a failure.</summary>
    public static OutgoingPacket Of(Exception failure) => failure switch
    {
        ObjectMissingException => Make(ServedFault.Missing, failure.Message),
        CorruptDataException => Make(ServedFault.Damage, failure.Message),
        RepositoryNotFoundException => Make(ServedFault.NoRepository, failure.Message),
        StorageException { MissingRight: { } right } => Make(ServedFault.MissingRight, failure.Message, right: right),
        StorageException storage => Make(ServedFault.Storage, failure.Message, storage.IsTransient),
        SnapstoreException => Make(ServedFault.Storage, failure.Message),
        _ => Make(ServedFault.Storage, $"this should not have happened: {failure.GetType().Name}: {failure.Message}"),
    };

    /// <summary>The answer to what no client should ask.</summary>
    public static OutgoingPacket Malformed(string why) => Make(ServedFault.Malformed, why);

    /// <summary>The failure that an answer tells.</summary>
    /// <param name="answer">The answer, behind its id.</param>
    /// <param name="location">The storage.</param>
    /// <param name="key">The object that was asked for; null where none was.</param>
    /// <exception cref="SshLostException">It makes no sense.</exception>
    public static SnapstoreException Read(IncomingPacket answer, string location, StorageKey? key)
    {
        if (answer.Kind() != ServedType.Failure)
            throw IncomingPacket.Senseless();
        ServedFault fault = (ServedFault)answer.NextNumber();
        bool isTransient = (answer.NextNumber() & ServedProtocol.IsTransient) != 0;
        string right = answer.NextPlainText();
        string text = answer.NextPlainText();
        return fault switch
        {
            ServedFault.Missing when key is { } missing => new ObjectMissingException(missing, location),
            ServedFault.Damage => new CorruptDataException(text),
            ServedFault.NoRepository => new RepositoryNotFoundException($"there is no repository at {location}; make one with: snapstore --repo {location} init"),
            ServedFault.MissingRight => new StorageException($"{location}: {text}") { MissingRight = right },
            _ => new StorageException($"{location}: on the server: {text}") { IsTransient = isTransient },
        };
    }

    private static OutgoingPacket Make(ServedFault fault, string text, bool isTransient = false, string right = "") =>
        new ServedPacket(ServedType.Failure).Add((uint)fault).Add(isTransient ? ServedProtocol.IsTransient : 0u).Add(right).Add(text.Length <= TextMax ? text : text[..TextMax]);
}
