using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>S5: slow clients are tolerated as long as they get on, cut when they do not, and never in the way of others.</summary>
[OnS3]
public sealed class SlowClientTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory, Engines]
    public async Task S5_The_running_server_cuts_slow_headers_and_stalled_bodies(Engine engine)
    {
        var app = await registry.AppAsync(engine);

        var limits = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal(TimeSpan.FromSeconds(15), limits.RequestHeadersTimeout);
        Assert.NotNull(limits.MinRequestBodyDataRate);
        Assert.Equal(100, limits.MinRequestBodyDataRate.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(60), limits.MinRequestBodyDataRate.GracePeriod);
        Assert.InRange(limits.Http2.MaxStreamsPerConnection, 1, 100);
        Assert.InRange(limits.MaxRequestHeadersTotalSize, 1 << 10, 128 << 10);
        Assert.InRange(limits.MaxRequestLineSize, 16 << 10, 64 << 10);
        Assert.NotNull(limits.MaxRequestBufferSize);
        Assert.InRange(limits.MaxRequestBufferSize.Value, 1, 1 << 20);
    }

    [Theory, Engines]
    public async Task S5_A_connection_that_nobody_reads_from_takes_little_memory(Engine engine)
    {
        var app = await registry.AppAsync(engine);

        // Twice that for a chunked body. Hundreds of pushes that wait for the store have it each.
        Assert.InRange(app.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value.MaxReadBufferSize!.Value, 1, 256 << 10);
    }

    [Theory, Engines]
    public async Task S5_Uploads_have_no_limit_of_size(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        await using var connection = await RawHttp.ConnectAsync(app.Address);

        // 64 GiB are announced; that the server asks for them shows that it would take them.
        await connection.SendHeadAsync($"PATCH {await repository.StartAsync()} HTTP/1.1\nTransfer-Encoding: chunked\nExpect: 100-continue");
        Assert.Equal(100, (await connection.ReadResponseAsync()).Status);
        Assert.Null(app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.MaxRequestBodySize);
        connection.Reset();
    }

    [Theory, Engines]
    public async Task S5_A_request_that_comes_byte_by_byte_is_answered(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var content = Oci.RandomBytes(300);
        var location = RepositoryWire.With(await repository.StartAsync(), $"digest={RepositoryWire.DigestOf(content)}");
        await using var connection = await RawHttp.ConnectAsync(app.Address);

        byte[] request = [.. Encoding.ASCII.GetBytes($"PUT {location} HTTP/1.1\r\nHost: {app.Address.Authority}\r\nContent-Length: 300\r\n\r\n"), .. content];
        foreach (var one in request)
        {
            await connection.SendAsync(new[] { one });
            await Task.Yield();
        }

        Assert.Equal(201, (await connection.ReadResponseAsync()).Status);
        Assert.Equal(content, (await repository.GetAsync($"blobs/{RepositoryWire.DigestOf(content)}")).Is(200).Body);
    }

    [Theory, Engines]
    public async Task S5_Clients_that_stop_in_the_middle_are_not_in_the_way_of_others(Engine engine)
    {
        var app = await registry.AppAsync(engine);
        var repository = await registry.RepositoryAsync(engine);
        var image = await repository.PushImageAsync("v1");
        var stalled = new List<RawHttp>();
        try
        {
            for (var i = 0; i < 60; i++)
            {
                var headers = await RawHttp.ConnectAsync(app.Address);
                stalled.Add(headers);
                await headers.SendAsync("GET /v2/ HTTP/1.1\r\nHos"u8.ToArray());

                var body = await RawHttp.ConnectAsync(app.Address);
                stalled.Add(body);
                await body.SendHeadAsync($"PATCH {await repository.StartAsync()} HTTP/1.1\nContent-Length: 1000");
                await body.SendAsync("a"u8.ToArray());

                var manifest = await RawHttp.ConnectAsync(app.Address);
                stalled.Add(manifest);
                await manifest.SendHeadAsync($"PUT {repository.At("manifests/never")} HTTP/1.1\nContent-Type: {Oci.ManifestType}\nContent-Length: 1000");
                await manifest.SendAsync("{"u8.ToArray());
            }

            Assert.Equal(image.Content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
            await repository.PushImageAsync("v2");
            (await repository.HeadAsync("manifests/never")).Is(404);
        }
        finally
        {
            foreach (var connection in stalled)
            {
                await connection.DisposeAsync();
            }
        }
    }
}
