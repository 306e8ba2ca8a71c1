using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Storage.Oci;

namespace Registry.Tokens;

/// <summary>The form of a token request, bounded.</summary>
internal static class TokenForm
{
    private const int MaxSize = 64 << 10;
    private const int MaxFields = 200;

    /// <summary>The fields; each may be repeated.</summary>
    /// <exception cref="OciException">UNSUPPORTED: it is no form that can be read.</exception>
    public static async Task<FormCollection> ReadAsync(HttpRequest request)
    {
        if (!request.HasFormContentType || request.ContentType!.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase))
        {
            throw new OciException(
                OciError.RequestInvalid with { Status = StatusCodes.Status415UnsupportedMediaType }, "the body must be application/x-www-form-urlencoded");
        }

        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MaxSize;
        try
        {
            var reader = new FormPipeReader(request.BodyReader) { KeyLengthLimit = 100, ValueLengthLimit = MaxSize, ValueCountLimit = MaxFields };
            return new FormCollection(await reader.ReadFormAsync(request.HttpContext.RequestAborted));
        }
        catch (InvalidDataException e)
        {
            throw new OciException(OciError.RequestInvalid, $"the form cannot be read: {e.Message}");
        }
    }
}
