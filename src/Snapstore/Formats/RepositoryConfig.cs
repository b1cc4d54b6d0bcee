using Snapstore.Crypto;
using Snapstore.Hashing;

namespace Snapstore.Formats;

/// <summary>The object `config`: what a repository is and what a program must know to touch it
/// (spec/formats/config.md).</summary>
/// <param name="Repository">The repository's random id.</param>
/// <param name="RequiredToRead">Features that a reader must know.</param>
/// <param name="RequiredToWrite">Features that a writer must know.</param>
/// <param name="Chunker">How content is cut: "cdc:65536".</param>
/// <param name="CreatedSeconds">Time of creation, Unix seconds.</param>
/// <param name="Program">The program that made it.</param>
/// <param name="ObjectLock">How its objects are locked in the storage: "compliance:30"; "" where they are not.</param>
public sealed record RepositoryConfig(
    SessionId Repository,
    IReadOnlyList<string> RequiredToRead,
    IReadOnlyList<string> RequiredToWrite,
    string Chunker,
    long CreatedSeconds,
    string Program,
    string ObjectLock = "")
{
    /// <summary>The version of the format that this program writes.</summary>
    public const int FormatVersion = 1;

    private const int ChunkerField = 1, CreatedField = 2, ProgramField = 3, ObjectLockField = 4;

    private const int FeatureSizeMax = 64;
    private const string FeatureCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-.";

    /// <summary>Required to write where objects are locked: an older program would neither lock what it puts, nor extend the locks of what
    /// its snapshots need.</summary>
    public const string ObjectLockFeature = "object-lock";

    private static readonly string[] KnownFeatures = [ObjectLockFeature];

    private static ReadOnlySpan<byte> Magic => "SNAPSTOR"u8;

    /// <summary>The object's bytes.</summary>
    public byte[] Encode(KeyRing keys) => Encode(keys, salt: []);

    /// <summary>The object's bytes, sealed with this salt where there is one: for worked examples only.</summary>
    internal byte[] Encode(KeyRing keys, ReadOnlySpan<byte> salt)
    {
        ByteWriter output = new();
        ByteWriter read = FeatureList(RequiredToRead);
        ByteWriter write = FeatureList(RequiredToWrite);
        output.Raw(Magic);
        output.U16(FormatVersion);
        output.U16((ushort)read.Length);
        output.U16((ushort)write.Length);
        Repository.CopyTo(output.Reserve(SessionId.Size));
        output.Raw(read.Written);
        output.Raw(write.Written);

        FieldWriter fields = new();
        fields.Text(ChunkerField, critical: true, Chunker);
        fields.Varint(CreatedField, critical: false, (ulong)CreatedSeconds);
        fields.Text(ProgramField, critical: false, Program);
        if (ObjectLock.Length > 0)
            fields.Text(ObjectLockField, critical: false, ObjectLock);
        output.Raw(Envelope.Seal(keys, Context(Repository, output.Written), fields.Written, length: 0, salt));
        return output.ToArray();
    }

    /// <summary>The plain part alone: what can be known without a key. Checks version and features.</summary>
    /// <exception cref="RepositoryNotFoundException">This is not a Snapstore config at all.</exception>
    /// <exception cref="UnsupportedException">A newer program made it.</exception>
    public static RepositoryConfig DecodePlain(ReadOnlySpan<byte> stored) => DecodePlain(stored, out _);

    /// <summary>The whole config, authenticated.</summary>
    public static RepositoryConfig Decode(ReadOnlySpan<byte> stored, KeyRing keys)
    {
        RepositoryConfig plain = DecodePlain(stored, out int plainLength);
        byte[] record = Envelope.Open(keys, Context(plain.Repository, stored[..plainLength]), stored[plainLength..], "config");
        FieldReader fields = new(record, "config", n => n is ChunkerField or CreatedField or ProgramField or ObjectLockField);
        return plain with
        {
            Chunker = fields.Bytes(ChunkerField) is null
                ? throw new CorruptDataException("config does not say how content is cut")
                : fields.Text(ChunkerField),
            CreatedSeconds = fields.Varint63(CreatedField),
            Program = fields.Text(ProgramField),
            ObjectLock = fields.Text(ObjectLockField),
        };
    }

    /// <summary>Refuses, by name, features that a writer must know and this program does not.</summary>
    /// <exception cref="UnsupportedException">There is such a feature.</exception>
    public void CheckWritable() => CheckFeatures(RequiredToWrite, "write to");

    private static RepositoryConfig DecodePlain(ReadOnlySpan<byte> stored, out int plainLength)
    {
        if (!stored.StartsWith(Magic))
            throw new RepositoryNotFoundException("the object 'config' there is not a Snapstore repository's (or it is damaged at its start)");
        ByteReader reader = new(stored, "config");
        _ = reader.Raw(Magic.Length);
        int version = reader.U16();
        if (version != FormatVersion)
            throw new UnsupportedException($"the repository has format version {version}; this program reads version {FormatVersion}: upgrade Snapstore");
        int readLength = reader.U16();
        int writeLength = reader.U16();
        SessionId repository = new(reader.Raw(SessionId.Size));
        IReadOnlyList<string> toRead = ReadFeatures(reader.Raw(readLength));
        IReadOnlyList<string> toWrite = ReadFeatures(reader.Raw(writeLength));
        plainLength = reader.Offset;
        CheckFeatures(toRead, "read");
        return new RepositoryConfig(repository, toRead, toWrite, "", 0, "");
    }

    private static SealContext Context(SessionId repository, ReadOnlySpan<byte> plain)
    {
        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        Blake3.Hash(plain, hash);
        return new SealContext(SealKind.Config, repository, Before: new ObjectHash(hash));
    }

    private static ByteWriter FeatureList(IReadOnlyList<string> features)
    {
        ByteWriter list = new();
        foreach (string feature in features.Order(StringComparer.Ordinal))
            list.Text(feature);
        return list;
    }

    private static List<string> ReadFeatures(ReadOnlySpan<byte> list)
    {
        List<string> features = [];
        ByteReader reader = new(list, "config");
        while (reader.Remaining > 0)
        {
            string feature = reader.Text(FeatureSizeMax);
            // Features are printed before any key has said that they are authentic: nothing a terminal would obey.
            bool isName = feature.Length > 0 && feature.AsSpan().IndexOfAnyExcept(FeatureCharacters) < 0;
            if (!isName || (features.Count > 0 && string.CompareOrdinal(features[^1], feature) >= 0))
                throw reader.Bad("has a list of features that is not sorted or holds what is no name");
            features.Add(feature);
        }

        return features;
    }

    private static void CheckFeatures(IReadOnlyList<string> features, string action)
    {
        string[] unknown = [.. features.Except(KnownFeatures, StringComparer.Ordinal)];
        if (unknown.Length > 0)
            throw new UnsupportedException($"this program cannot {action} the repository: it uses {string.Join(", ", unknown)}; upgrade Snapstore");
    }
}
