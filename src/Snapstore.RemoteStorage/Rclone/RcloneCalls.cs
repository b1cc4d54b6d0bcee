using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>Calls of rclone's remote control (https://rclone.org/rc/) about one folder. Thread safe.</summary>
internal sealed class RcloneCalls(RcloneProcess rclone, RcloneLocation place, RcloneSettings settings)
{
    // What rclone says of a remote that is not configured.
    private const string UnknownRemote = "didn't find section in config file";

    private const int ErrorSizeMax = 64 << 10, ErrorTextMax = 1000;

    public bool IsAlive => rclone.IsAlive;

    /// <summary>True where the remote is a store of objects: these are whole or absent, and moving one is copying it.</summary>
    public bool IsBucket()
    {
        using JsonDocument info = Call("operations/fsinfo", json => json.WriteString("fs", place.FileSystem));
        return info.RootElement.TryGetProperty("Features", out JsonElement features)
            && features.TryGetProperty("BucketBased", out JsonElement isBucket) && isBucket.ValueKind == JsonValueKind.True;
    }

    /// <summary>The size of a file; null where there is none.</summary>
    public long? SizeOf(string name)
    {
        try
        {
            using JsonDocument answer = Call("operations/stat", json => WriteFile(json, name));
            if (!answer.RootElement.TryGetProperty("item", out JsonElement item))
                throw new RcloneException("operations/stat answers without sense");
            return item.ValueKind == JsonValueKind.Object && !item.GetProperty("IsDir").GetBoolean() ? item.GetProperty("Size").GetInt64() : null;
        }
        catch (RcloneException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Removes a file; false where there is none.</summary>
    public bool Remove(string name)
    {
        try
        {
            Call("operations/deletefile", json => WriteFile(json, name)).Dispose();
            return true;
        }
        catch (RcloneException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Gives a file another name, unless that exists when rclone looks.</summary>
    public void MoveUnlessThere(string name, string to) => Call("operations/movefile", json =>
    {
        json.WriteString("srcFs", place.FileSystem);
        json.WriteString("srcRemote", name);
        json.WriteString("dstFs", place.FileSystem);
        json.WriteString("dstRemote", to);
        json.WriteStartObject("_config");
        json.WriteBoolean("IgnoreExisting", true);
        json.WriteEndObject();
    }).Dispose();

    /// <summary>Makes a file of these bytes, over any that is there.</summary>
    public void Upload(string name, Spool content)
    {
        int slash = name.LastIndexOf('/');
        string path = $"operations/uploadfile?fs={Uri.EscapeDataString(place.FileSystem)}&remote={Uri.EscapeDataString(slash < 0 ? "" : name[..slash])}";
        using MultipartFormDataContent form = [];
        using CancellationTokenSource time = new(settings.AnswerTime);
        form.Add(new SpoolContent(content, settings.Upload, () => time.CancelAfter(settings.AnswerTime)), "file0", name[(slash + 1)..]);
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = form };
        Send(request, path[..path.IndexOf('?', StringComparison.Ordinal)], (_, _) => true, time);
    }

    /// <summary>Fills the destination from an offset on; how many bytes there were.</summary>
    public int Read(string name, long offset, Span<byte> destination)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"%5B{Uri.EscapeDataString(place.FileSystem)}%5D/{name}");
        request.Headers.Range = new RangeHeaderValue(offset, offset + destination.Length - 1);
        using CancellationTokenSource time = new(settings.AnswerTime);
        using HttpResponseMessage response = rclone.Send(request, time.Token);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return 0;
        Require(response, "reading", time.Token);
        if (response.StatusCode != HttpStatusCode.PartialContent)
            throw new RcloneException("rclone does not read a part of a file");
        int done = 0;
        try
        {
            using Stream stream = response.Content.ReadAsStream(time.Token);
            while (done < destination.Length && stream.Read(destination[done..]) is var count and > 0)
            {
                done += count;
                if (settings.Download?.Take(count) is { } wait && wait > TimeSpan.Zero)
                    Thread.Sleep(wait);
            }
        }
        catch (Exception e) when (RcloneException.IsOfCall(e))
        {
            throw rclone.Lost(e, time.Token);
        }

        return done;
    }

    /// <summary>Every file below a folder, with its name from the root on.</summary>
    public void List(string folder, Action<string, long> found)
    {
        using HttpRequestMessage request = Request("operations/list", json =>
        {
            WriteFile(json, folder);
            json.WriteStartObject("opt");
            foreach (string option in (string[])["recurse", "filesOnly", "noModTime", "noMimeType"])
                json.WriteBoolean(option, true);
            json.WriteEndObject();
        });
        try
        {
            Send(request, "operations/list", (response, cancel) =>
            {
                using Stream stream = response.Content.ReadAsStream(cancel);
                RcloneListing.Read(stream, found);
                return true;
            });
        }
        catch (RcloneException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            // A folder that is not there holds nothing. But rclone says the same where one within it went while it was listed.
            if (IsThere(folder))
                throw new RcloneException($"what lies in {folder} changes while it is listed") { IsPassing = true };
        }
    }

    /// <summary>Removes temporaries that nobody has written to for so long.</summary>
    public void RemoveOld(string folder, string pattern, string age) => Call("operations/delete", json =>
    {
        json.WriteString("fs", place.Path.Length == 0 ? place.FileSystem + folder : $"{place.FileSystem}/{folder}");
        json.WriteStartObject("_filter");
        json.WriteString("MinAge", age);
        json.WriteStartArray("IncludeRule");
        json.WriteStringValue(pattern);
        json.WriteEndArray();
        json.WriteEndObject();
    }).Dispose();

    private bool IsThere(string folder)
    {
        try
        {
            using JsonDocument told = Call("operations/stat", json => WriteFile(json, folder));
            return told.RootElement.TryGetProperty("item", out JsonElement item) && item.ValueKind == JsonValueKind.Object;
        }
        catch (RcloneException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private void WriteFile(Utf8JsonWriter json, string name)
    {
        json.WriteString("fs", place.FileSystem);
        json.WriteString("remote", name);
    }

    private JsonDocument Call(string name, Action<Utf8JsonWriter> parameters)
    {
        using HttpRequestMessage request = Request(name, parameters);
        return Send(request, name, (response, cancel) =>
        {
            using Stream stream = response.Content.ReadAsStream(cancel);
            return JsonDocument.Parse(stream);
        });
    }

    private static HttpRequestMessage Request(string name, Action<Utf8JsonWriter> parameters)
    {
        using MemoryStream body = new();
        using (Utf8JsonWriter json = new(body))
        {
            json.WriteStartObject();
            parameters(json);
            json.WriteEndObject();
        }

        ByteArrayContent content = new(body.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(HttpMethod.Post, name) { Content = content };
    }

    private T Send<T>(HttpRequestMessage request, string call, Func<HttpResponseMessage, CancellationToken, T> read)
    {
        using CancellationTokenSource time = new(settings.AnswerTime);
        return Send(request, call, read, time);
    }

    private T Send<T>(HttpRequestMessage request, string call, Func<HttpResponseMessage, CancellationToken, T> read, CancellationTokenSource time)
    {
        using HttpResponseMessage response = rclone.Send(request, time.Token);
        Require(response, call, time.Token);
        try
        {
            return read(response, time.Token);
        }
        catch (JsonException)
        {
            throw new RcloneException($"{call} answers without sense") { IsPassing = true };
        }
        catch (Exception e) when (RcloneException.IsOfCall(e))
        {
            throw rclone.Lost(e, time.Token);
        }
    }

    // A failure is an object with "error" and "status".
    private void Require(HttpResponseMessage response, string call, CancellationToken cancel)
    {
        if (response.IsSuccessStatusCode)
            return;
        byte[] body = new byte[ErrorSizeMax];
        int length;
        try
        {
            using Stream stream = response.Content.ReadAsStream(cancel);
            length = stream.ReadAtLeast(body, body.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (RcloneException.IsOfCall(e))
        {
            throw rclone.Lost(e, cancel);
        }

        int status = (int)response.StatusCode;
        string error = ErrorOf(body.AsSpan(0, length)) ?? string.Create(CultureInfo.InvariantCulture, $"status {status}");
        if (error.Contains(UnknownRemote, StringComparison.Ordinal))
            throw new RcloneException($"rclone knows no remote {place.Remote} ({error}): see rclone listremotes, make one with rclone config");
        throw new RcloneException($"rclone: {call}: {error}") { Status = status };
    }

    private static string? ErrorOf(ReadOnlySpan<byte> body)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(Encoding.UTF8.GetString(body));
            string? text = answer.RootElement.GetProperty("error").GetString();
            return text is null ? null : string.Concat(text.Take(ErrorTextMax).Select(c => char.IsControl(c) ? ' ' : c));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
