using System.Net;

namespace Registry.Tests.S3;

/// <summary>What goes wrong between a registry and S3.</summary>
/// <param name="What">What happens to a request instead of its being answered.</param>
public sealed record S3Fault(Func<S3Exchange, Task> What)
{
    /// <summary>503, as S3 asks for less.</summary>
    public static readonly S3Fault SlowDown = new(exchange => exchange.ErrorAsync(HttpStatusCode.ServiceUnavailable, "SlowDown"));

    /// <summary>500, nothing done.</summary>
    public static readonly S3Fault InternalError = new(exchange => exchange.ErrorAsync(HttpStatusCode.InternalServerError, "InternalError"));

    /// <summary>D10: 200, and in its body that nothing was done.</summary>
    public static readonly S3Fault ErrorIn200 = new(exchange => exchange.ErrorAsync(HttpStatusCode.OK, "InternalError"));

    /// <summary>D11: the server does what it was asked, and the answer is an error all the same.</summary>
    public static readonly S3Fault ErrorAfterSuccess = new(async exchange =>
    {
        using var answer = await exchange.ForwardAsync();
        await exchange.ErrorAsync(HttpStatusCode.InternalServerError, "InternalError");
    });

    /// <summary>D11: the server does what it was asked, and the answer never comes.</summary>
    public static readonly S3Fault LostAnswer = new(async exchange =>
    {
        using var answer = await exchange.ForwardAsync();
        exchange.Cut();
    });

    /// <summary>The connection ends before the server has seen anything.</summary>
    public static readonly S3Fault LostRequest = new(exchange =>
    {
        exchange.Cut();
        return Task.CompletedTask;
    });

    /// <summary>The connection ends in the middle of the body of the request.</summary>
    public static S3Fault CutRequest(long bytes) => new(async exchange =>
    {
        using var answer = await exchange.ForwardAsync(bytes);
        exchange.Cut();
    });

    /// <summary>The connection ends in the middle of the body of the answer.</summary>
    public static S3Fault CutAnswer(long bytes) => new(async exchange => await exchange.ReturnAsync(await exchange.ForwardAsync(), bytes));

    /// <summary>The answer comes as it should, and later the server gets the same request once more.</summary>
    public static S3Fault Duplicate(Func<Task> later) => new(async exchange =>
    {
        var send = await exchange.ReadAsync();
        await exchange.ReturnAsync(await send());
        await later();
        (await send()).Dispose();
    });
}
