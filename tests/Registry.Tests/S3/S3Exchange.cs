using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Registry.Tests.S3;

/// <summary>One request of the registry on its way to the S3 server, and the answer on its way back.</summary>
public sealed class S3Exchange(HttpContext context, HttpClient server, Throttle? throttle)
{
    private const int BlockSize = 256 << 10;

    private static readonly HashSet<string> OfTheConnection =
        new(["Connection", "Expect", "Keep-Alive", "Transfer-Encoding"], StringComparer.OrdinalIgnoreCase);

    private HttpRequest Request => context.Request;

    /// <summary>Sends the request on; with <paramref name="bytes"/> only so much of its body, after which the connection ends.</summary>
    public Task<HttpResponseMessage> ForwardAsync(long bytes = long.MaxValue) => SendAsync(new Body(this, bytes));

    /// <summary>Reads the whole request; what is returned sends it on, any number of times.</summary>
    public async Task<Func<Task<HttpResponseMessage>>> ReadAsync()
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var request = Head();
        return () =>
        {
            var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = new ByteArrayContent(body.ToArray()) };
            Copy(request, copy);
            return server.SendAsync(copy, HttpCompletionOption.ResponseHeadersRead);
        };
    }

    /// <summary>Sends the answer back; with <paramref name="bytes"/> only so much of its body, after which the connection ends.</summary>
    public async Task ReturnAsync(HttpResponseMessage answer, long bytes = long.MaxValue)
    {
        using (answer)
        {
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated).Where(header => !OfTheConnection.Contains(header.Key)))
            {
                context.Response.Headers[name] = values.ToArray();
            }

            if (!HttpMethods.IsHead(context.Request.Method) && !await CopyAsync(await answer.Content.ReadAsStreamAsync(), context.Response.Body, bytes))
            {
                context.Abort();
            }
            else
            {
                await context.Response.CompleteAsync();
            }
        }
    }

    /// <summary>Answers in S3's words without asking the server.</summary>
    public async Task ErrorAsync(HttpStatusCode status, string code)
    {
        // As S3 does: the whole request is read first, or the client would see a broken connection.
        await context.Request.Body.CopyToAsync(Stream.Null);
        context.Response.StatusCode = (int)status;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = "application/xml";
            await context.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>told to fail</Message></Error>");
        }
    }

    /// <summary>Ends the connection without an answer.</summary>
    public void Cut() => context.Abort();

    private Task<HttpResponseMessage> SendAsync(HttpContent body)
    {
        var head = Head();
        var request = new HttpRequestMessage(head.Method, head.RequestUri) { Content = context.Request.ContentLength is null ? null : body };
        Copy(head, request);
        return server.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
    }

    // The address and the headers as they were signed.
    private HttpRequestMessage Head()
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var address = new Uri($"{server.BaseAddress!.GetLeftPart(UriPartial.Authority)}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address) { Content = new ByteArrayContent([]) };
        foreach (var (name, values) in context.Request.Headers.Where(header => !OfTheConnection.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return request;
    }

    private static void Copy(HttpRequestMessage from, HttpRequestMessage to)
    {
        foreach (var (name, values) in from.Headers.NonValidated)
        {
            to.Headers.TryAddWithoutValidation(name, values);
        }

        foreach (var (name, values) in from.Content!.Headers.NonValidated)
        {
            to.Content?.Headers.TryAddWithoutValidation(name, values);
        }
    }

    /// <summary>False when there was more than <paramref name="limit"/>.</summary>
    private async Task<bool> CopyAsync(Stream from, Stream to, long limit)
    {
        var block = new byte[BlockSize];
        var left = limit;
        while (await from.ReadAsync(block, context.RequestAborted) is > 0 and var count)
        {
            var passed = (int)Math.Min(count, left);
            await (throttle?.PassAsync(passed, context.RequestAborted) ?? Task.CompletedTask);
            await to.WriteAsync(block.AsMemory(0, passed), context.RequestAborted);
            left -= passed;
            if (passed < count)
            {
                await to.FlushAsync(context.RequestAborted);
                return false;
            }
        }

        return true;
    }

    private sealed class Body(S3Exchange exchange, long limit) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            if (!await exchange.CopyAsync(exchange.Request.Body, stream, limit))
            {
                throw new IOException("told to end here");
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = exchange.Request.ContentLength ?? 0;
            return true;
        }
    }
}
