using System.Runtime.CompilerServices;

namespace Registry.Storage.Objects.S3;

/// <summary>
/// Tells whether the client, which repeats by itself what fails, has sent a request more than once: the store may have carried out
/// each of them.
/// </summary>
internal sealed class RequestCount(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly AsyncLocal<StrongBox<int>?> Current = new();

    public static async Task<(T Answer, bool IsRepeated)> OfAsync<T>(Func<Task<T>> ask)
    {
        var count = new StrongBox<int>();
        Current.Value = count;
        return (await ask(), count.Value > 1);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Current.Value is { } count)
        {
            Interlocked.Increment(ref count.Value);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
