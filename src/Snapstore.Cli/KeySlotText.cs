using System.Text.Json;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>A key slot as the verbs of `key` show it.</summary>
internal static class KeySlotText
{
    /// <summary>The JSON object of type "key".</summary>
    public static void Write(Utf8JsonWriter json, Repository repository, KeySlot slot)
    {
        KeyLabel label = slot.Label(repository.Keys, repository.Id);
        json.WriteString("id", slot.Id.ToString());
        json.WriteString("kind", slot.IsForKeyFile ? "key_file" : "password");
        json.WriteString("name", label.Name);
        json.WriteString("host", label.Host);
        json.WriteString("user", label.User);
        json.WriteTime("created", UnixTime.ToNanoseconds(DateTimeOffset.FromUnixTimeSeconds(label.CreatedSeconds)));
        json.WriteBoolean("current", slot.Id == repository.Slot.Id);
        if (slot.IsForKeyFile)
            return;
        json.WriteNumber("kdf_memory_bytes", (long)slot.Cost.MemoryKib << 10);
        json.WriteNumber("kdf_passes", slot.Cost.Passes);
    }

    /// <summary>Tells of a key that was taken out and whose bytes are locked.</summary>
    public static void TellLocked(CommandContext context, DateTimeOffset? until)
    {
        if (until is { } locked)
            context.Output.Warning($"its bytes are locked and stay in the store as an older version until {LockedText.Text(locked, context.Time)}: till then, whoever has that secret and may read older versions can still open the repository");
    }

    /// <summary>A row of `key list`.</summary>
    public static string[] Row(CommandContext context, Repository repository, KeySlot slot)
    {
        KeyLabel label = slot.Label(repository.Keys, repository.Id);
        return
        [
            slot.Id == repository.Slot.Id ? "*" : "",
            slot.Id.ToShortString(),
            slot.IsForKeyFile ? "key file" : $"password ({Quantity.Bytes((long)slot.Cost.MemoryKib << 10)})",
            Escaped.Text(label.Name),
            Escaped.Text($"{label.User}@{label.Host}"),
            SnapshotJson.LocalTime(UnixTime.ToNanoseconds(DateTimeOffset.FromUnixTimeSeconds(label.CreatedSeconds)), context.Time),
        ];
    }
}
