using System.IO.Pipelines;
using Registry.Tests.Wire;

namespace Registry.Tests.S3;

/// <summary>The S3 server is killed in the middle of a push and comes back; nothing has to be restarted.</summary>
[Trait("Needs", "postgres")]
public sealed class GatewayOutageTests
{
    private const int Half = 24 << 20;

    [Fact]
    public async Task D9_A_push_goes_on_where_it_was_when_the_gateway_was_killed()
    {
        await using var gateway = await S3Gateway.StartOwnAsync();
        await using var rig = await S3Rig.StartAsync(gateway, ("Storage:S3:Retries", "1"));
        var content = Oci.RandomBytes(2 * Half);
        var kept = Oci.RandomBytes(100_000);
        await rig.PushAsync(kept);
        var location = (await rig.Repository.ChunkAsync(await rig.Repository.StartAsync(), content.AsMemory(0, Half), 0)).Is(202).Location;

        await gateway.KillAsync();
        S3Rig.AssertComeBack(await rig.Repository.GetAsync($"blobs/{Oci.Digest(kept)}"));
        S3Rig.AssertComeBack(await rig.Repository.ChunkAsync(location, content.AsMemory(Half), Half));
        (await rig.App.Client.SendAsync("GET", "/healthz")).Is(200);
        await gateway.StartAgainAsync();

        var status = (await rig.Repository.StatusAsync(location)).Is(204);
        var offset = int.Parse(status["Range"]!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) + 1;
        Assert.InRange(offset, Half, content.Length);
        location = (await rig.Repository.ChunkAsync(status.Location, content.AsMemory(offset), offset)).Is(202).Location;
        (await rig.Repository.CloseAsync(location, Oci.Digest(content))).Is(201);
        await rig.AssertHoldsAsync(content);
        await rig.AssertHoldsAsync(kept);
        await rig.AssertNothingLooseAsync();
    }

    [Fact]
    public async Task A_stream_that_the_gateway_was_killed_under_can_be_pushed_again()
    {
        await using var gateway = await S3Gateway.StartOwnAsync();
        await using var rig = await S3Rig.StartAsync(gateway, ("Storage:S3:Retries", "1"));
        var content = Oci.RandomBytes(2 * Half);
        var body = new Pipe();
        var location = await rig.Repository.StartAsync();
        var patch = rig.App.Client.SendAsync("PATCH", location, new StreamContent(body.Reader.AsStream()));
        await body.Writer.WriteAsync(content.AsMemory(0, Half));
        await Eventually.TrueAsync(() => rig.Proxy.Calls.ContainsKey(S3Operation.UploadPart), "parts are on their way");

        await gateway.KillAsync();
        await body.Writer.WriteAsync(content.AsMemory(Half));
        await body.Writer.CompleteAsync();
        S3Rig.AssertComeBack(await patch);
        await gateway.StartAgainAsync();

        await rig.PushAsync(content);
        await rig.AssertHoldsAsync(content);
        await rig.AssertNothingLooseAsync();
    }
}
