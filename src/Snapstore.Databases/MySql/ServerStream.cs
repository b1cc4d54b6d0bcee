using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Snapstore.Databases.MySql;

/// <summary>The bytes to and from a server: TCP or a Unix socket, encrypted where that was asked for.</summary>
internal static class ServerStream
{
    private static readonly TimeSpan ConnectTimeMax = TimeSpan.FromSeconds(20);

    /// <summary>Connects.</summary>
    /// <exception cref="IOException">Nobody answers.</exception>
    public static Socket Connect(MySqlAddress address)
    {
        Socket? socket = null;
        try
        {
            if (address.Socket is { } path)
            {
                socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(new UnixDomainSocketEndPoint(path));
                return socket;
            }

            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            using CancellationTokenSource late = new(ConnectTimeMax);
            socket.ConnectAsync(address.Host, address.Port, late.Token).AsTask().GetAwaiter().GetResult();
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            socket?.Dispose();
            string why = e is OperationCanceledException ? $"no answer within {ConnectTimeMax.TotalSeconds} s" : e.Message;
            throw new IOException($"{address.Socket ?? address.Place}: {why}", e);
        }
    }

    /// <summary>True where this connection is to be encrypted.</summary>
    /// <exception cref="SourceException">It has to be and the server cannot.</exception>
    public static bool WantsTls(MySqlAddress address, ServerGreeting greeting)
    {
        if (address.Tls is TlsMode.Disabled)
            return false;
        if (address.Tls is TlsMode.Preferred)
            return greeting.HasTls && !address.IsLocal;
        return greeting.HasTls ? true : throw new SourceException($"{address.Place} has no encrypted connections, and ssl-mode={address.Tls} asks for one");
    }

    /// <summary>Goes over to TLS.</summary>
    /// <exception cref="AuthenticationException">The server's certificate is not accepted.</exception>
    public static SslStream Encrypt(Stream plain, MySqlAddress address)
    {
        SslStream encrypted = new(plain, leaveInnerStreamOpen: false);
        try
        {
            encrypted.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = address.Host,
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsAccepted(address, certificate as X509Certificate2, errors),
            });
            return encrypted;
        }
        catch
        {
            encrypted.Dispose();
            throw;
        }
    }

    private static bool IsAccepted(MySqlAddress address, X509Certificate2? certificate, SslPolicyErrors errors)
    {
        if (address.Tls is TlsMode.Preferred or TlsMode.Required)
            return true;
        bool isNamed = address.Tls is TlsMode.VerifyCa || !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        if (certificate is null || !isNamed)
            return false;
        return address.AuthorityFile is null ? !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) : IsSigned(certificate, address.AuthorityFile);
    }

    private static bool IsSigned(X509Certificate2 certificate, string authorityFile)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(authorityFile);
        return chain.Build(certificate);
    }
}
