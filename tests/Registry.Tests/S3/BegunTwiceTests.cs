namespace Registry.Tests.S3;

/// <summary>D9: where the answer to the begin of an upload in parts is lost, the store has begun two, and nobody knows the first.</summary>
[Trait("Needs", "postgres")]
public sealed class BegunTwiceTests
{
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(7 << 20)] // the close is a request of its own
    public async Task D9_An_upload_that_was_begun_twice_leaves_none_behind(int chunk)
    {
        await using var rig = await S3Rig.StartAsync();
        var content = Oci.RandomBytes(21 << 20);
        rig.Proxy.Fail(S3Fault.LostAnswer, S3Operation.CreateMultipartUpload, times: 1);

        Assert.Equal(0, await rig.PushAsync(content, chunk));

        Assert.Equal(2, rig.Proxy.Calls[S3Operation.CreateMultipartUpload]);
        await rig.AssertHoldsAsync(content);
        await rig.Proxy.SettledAsync();
        Assert.Empty(await rig.OpenUploadsAsync());
    }
}
