using System.Net.Sockets;
using System.Text;
using Registry.Tests.Connections;

namespace Registry.Tests.Fuzz;

/// <summary>The memory that a registry keeps. Left alone the runtime puts off collecting garbage, and giving memory back, as long as there is room.</summary>
internal static class Memory
{
    /// <summary>The environment of a process that takes little more than it uses: of .NET's heap, and of the C library's.</summary>
    public static (string Name, string? Value)[] Thrift { get; } =
        [("DOTNET_GCConserveMemory", "9"), ("DOTNET_GCgen0MaxBudget", "0x800000"), ("MALLOC_ARENA_MAX", "2")];

    /// <summary>The resident bytes when garbage has been collected.</summary>
    public static async Task<long> KeptAsync(RegistryProcess registry)
    {
        // Twice: what has a finalizer goes with the second.
        await CollectAsync(registry);
        await CollectAsync(registry);
        return await registry.Client.FigureAsync("process_resident_memory_bytes");
    }

    /// <summary>By the diagnostic port of the runtime: whoever asks for the events of a collected heap has it collected.</summary>
    private static async Task CollectAsync(RegistryProcess registry)
    {
        var before = await CollectionsAsync(registry);
        // The newest: a process of the same number that was killed earlier in the run has left its own.
        var port = Directory.GetFiles(RunDirectory.Root, $"dotnet-diagnostic-{registry.Id}-*-socket").MaxBy(File.GetLastWriteTimeUtc);
        Assert.NotNull(port);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(port));
        await socket.SendAsync(CollectTracing());
        await Eventually.TrueAsync(async () => await CollectionsAsync(registry) > before, "the garbage is collected");
    }

    private static Task<long> CollectionsAsync(RegistryProcess registry) => registry.Client.FigureAsync("dotnet_gc_collections_total");

    // The message is described with the runtime, "Diagnostic IPC Protocol". The session ends with the connection.
    private static byte[] CollectTracing()
    {
        const byte EventPipe = 2, CollectTracing = 2;
        const ulong HeapCollect = 0x800000;
        using var payload = new MemoryStream();
        using var writer = new BinaryWriter(payload);
        writer.Write(1u); // MiB of buffer
        writer.Write(1u); // the format "nettrace"
        writer.Write(1u); // one provider
        writer.Write(HeapCollect);
        writer.Write(4u); // informational
        Write("Microsoft-Windows-DotNETRuntime");
        Write("");

        var length = (ushort)(payload.Length + 20);
        return [.. "DOTNET_IPC_V1\0"u8, .. BitConverter.GetBytes(length), EventPipe, CollectTracing, 0, 0, .. payload.ToArray()];

        void Write(string text)
        {
            writer.Write(text.Length + 1);
            writer.Write(Encoding.Unicode.GetBytes(text + '\0'));
        }
    }
}
