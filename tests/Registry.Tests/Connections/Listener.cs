namespace Registry.Tests.Connections;

/// <summary>A way to reach the registry.</summary>
public enum Listener
{
    Plain,
    H2c,
    Tls,
    TlsHttp2,
}
