namespace Registry.Tests.S3;

/// <summary>
/// D9, D10, D11: whatever S3 does to a push, the client is told 201 or to come back; what was taken is there with all its bytes, and what
/// was not leaves nothing behind.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class PushFaultTests
{
    private const int Small = 300_000;
    private const int Large = 21 << 20;

    private static readonly string[] Steps =
        [S3Operation.PutObject, S3Operation.CreateMultipartUpload, S3Operation.UploadPart, S3Operation.CompleteMultipartUpload];

    public static readonly TheoryData<string> Faults =
    [
        nameof(S3Fault.SlowDown), nameof(S3Fault.InternalError), nameof(S3Fault.ErrorAfterSuccess), nameof(S3Fault.LostAnswer), nameof(S3Fault.LostRequest),
        nameof(S3Fault.CutRequest), nameof(S3Fault.CutAnswer), nameof(S3Fault.ErrorIn200),
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task D10_A_fault_that_comes_once_or_stays_a_while_loses_nothing_and_leaves_nothing(string fault)
    {
        await using var rig = await S3Rig.StartAsync();
        var pushed = new List<byte[]>();
        foreach (var (step, times) in Steps.SelectMany(step => new[] { (step, 1), (step, 8) }))
        {
            // An error in a success is known of Complete alone: the others answer before they work.
            if (fault == nameof(S3Fault.ErrorIn200) && step != S3Operation.CompleteMultipartUpload)
            {
                continue;
            }

            var content = Oci.RandomBytes(step == S3Operation.PutObject ? Small : Large);
            rig.Proxy.TakeCalls();
            rig.Proxy.Fail(Named(fault), step, times);
            await rig.PushAsync(content);
            Assert.True(rig.Proxy.Calls.ContainsKey(step), $"nothing has called {step}");
            rig.Proxy.Heal();
            pushed.Add(content);
        }

        foreach (var content in pushed)
        {
            await rig.AssertHoldsAsync(content);
        }

        await rig.AssertNothingLooseAsync();
        foreach (var content in pushed)
        {
            (await rig.Repository.DeleteAsync($"blobs/{Oci.Digest(content)}")).IsOneOf(202, 404);
        }

        await rig.AssertNothingLooseAsync();
    }

    [Fact]
    public async Task D11_A_request_that_S3_executes_again_later_changes_nothing()
    {
        await using var rig = await S3Rig.StartAsync();
        foreach (var step in Steps)
        {
            var content = Oci.RandomBytes(step == S3Operation.PutObject ? Small : Large);
            var later = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            rig.Proxy.Fail(S3Fault.Duplicate(() => later.Task), step, times: 1);

            await rig.PushAsync(content);
            later.SetResult();
            await rig.Proxy.SettledAsync();

            await rig.AssertHoldsAsync(content);
        }
    }

    [Fact]
    public async Task D10_While_S3_refuses_everything_clients_are_told_to_come_back_and_manifests_are_served()
    {
        await using var rig = await S3Rig.StartAsync(settings: ("Storage:S3:Retries", "1"));
        var repository = rig.App.Repository("library/app");
        var image = await repository.PushImageAsync("v1");
        rig.Proxy.Fail(S3Fault.SlowDown);

        S3Rig.AssertComeBack(await rig.TryPushAsync(Oci.RandomBytes(Small)));
        S3Rig.AssertComeBack(await rig.TryPushAsync(Oci.RandomBytes(Large)));
        S3Rig.AssertComeBack(await rig.Repository.GetAsync($"blobs/{image.Config.Digest}"));
        (await rig.Repository.GetAsync("manifests/v1")).Is(200);

        rig.Proxy.Heal();
        await rig.AssertHoldsAsync(image.Blobs[image.Config.Digest]);
        Assert.Equal(0, await rig.PushAsync(Oci.RandomBytes(Small)));
    }

    [Fact]
    public async Task D10_A_slow_S3_takes_time_and_nothing_else()
    {
        await using var rig = await S3Rig.StartAsync();
        var content = Oci.RandomBytes(6 << 20);

        rig.Proxy.Limit(4 << 20);
        await rig.PushAsync(content);

        await rig.AssertHoldsAsync(content);
    }

    private static S3Fault Named(string fault) => fault switch
    {
        nameof(S3Fault.SlowDown) => S3Fault.SlowDown,
        nameof(S3Fault.InternalError) => S3Fault.InternalError,
        nameof(S3Fault.ErrorAfterSuccess) => S3Fault.ErrorAfterSuccess,
        nameof(S3Fault.LostAnswer) => S3Fault.LostAnswer,
        nameof(S3Fault.LostRequest) => S3Fault.LostRequest,
        nameof(S3Fault.ErrorIn200) => S3Fault.ErrorIn200,
        nameof(S3Fault.CutRequest) => S3Fault.CutRequest(100_000),
        nameof(S3Fault.CutAnswer) => S3Fault.CutAnswer(20),
        _ => throw new ArgumentException(fault, nameof(fault)),
    };
}
