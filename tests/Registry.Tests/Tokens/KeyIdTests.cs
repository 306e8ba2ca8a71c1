using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Registry.Auth.Tokens.Keys;

namespace Registry.Tests.Tokens;

/// <summary>How keys are named, written and read.</summary>
public sealed class KeyIdTests
{
    private const string BasePoint =
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==";

    public static TheoryData<TokenAlgorithm> Algorithms => [.. Enum.GetValues<TokenAlgorithm>()];

    [Fact]
    public void S25_the_ids_of_a_known_key_are_those_that_others_compute()
    {
        var key = PublicKey.FromSubjectPublicKeyInfo(Convert.FromBase64String(BasePoint))!;

        Assert.Equal("xx0BcA-wMohw8atYDJOe6peGModklG2wRHBlXHMvl0M", key.Thumbprint);
        Assert.Equal(
            ["xx0BcA-wMohw8atYDJOe6peGModklG2wRHBlXHMvl0M", "LTJF:F6YM:5CJS:INX2:7DGN:CBAJ:QG4J:5ZFN:NOP6:TYVC:W7TR:VLFS"],
            KeyIds.Of(key));
    }

    [Fact]
    public void The_thumbprint_of_an_RSA_key_is_that_of_RFC_7638()
    {
        const string modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

        var key = Assert.Single(Jwks.Read($$"""{"keys":[{"kty":"RSA","n":"{{modulus}}","e":"AQAB","alg":"RS256"}]}"""));

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", key.Key);
    }

    [Fact]
    public void The_thumbprint_of_an_Ed25519_key_is_that_of_RFC_8037()
    {
        var key = Assert.Single(Jwks.Read("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"""));

        Assert.Equal("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", key.Key);
    }

    [Fact]
    public void The_signature_of_Ed25519_is_that_of_RFC_8037()
    {
        var key = PrivateKey.Import(TokenAlgorithm.EdDSA, Base64Url.DecodeFromChars("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));

        var signature = key.Sign(Encoding.ASCII.GetBytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"));

        Assert.Equal("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", Base64Url.EncodeToString(signature));
    }

    [Fact]
    public void A_key_with_a_leading_zero_has_the_id_of_Distribution_as_well()
    {
        while (true)
        {
            using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var key = EcPublicKey.Of(ecdsa)!;
            if (key.HasLeadingZero)
            {
                Assert.Equal(3, KeyIds.Of(key).Distinct().Count());
                Assert.Equal(key.Thumbprint, EcPublicKey.FromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo)!.Thumbprint);
                return;
            }
        }
    }

    [Fact]
    public void No_key_of_ours_has_a_leading_zero()
    {
        // One in 128 would: a thousand without one happen by chance once in two thousand.
        Assert.All(
            Enumerable.Range(0, 1000).Select(_ => PrivateKey.Generate(TokenAlgorithm.ES256).PublicKey),
            key => Assert.False(Assert.IsType<EcPublicKey>(key).HasLeadingZero));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void A_key_that_was_stored_and_published_is_the_same_key(TokenAlgorithm algorithm)
    {
        var key = PrivateKey.Generate(algorithm);
        var now = DateTimeOffset.UtcNow;

        var stored = PrivateKey.Import(algorithm, key.Export());
        var published = Assert.Single(Jwks.Read(Encoding.UTF8.GetString(Jwks.Write([new SigningKey(key.PublicKey.Thumbprint, key, now, now)]))));
        var read = PublicKey.FromSubjectPublicKeyInfo(key.PublicKey.SubjectPublicKeyInfo)!;

        Assert.Equal(key.PublicKey.Thumbprint, published.Key);
        Assert.All([key.PublicKey, published.Value, read], other =>
        {
            Assert.True(other.Verifies("text"u8, stored.Sign("text"u8)));
            Assert.False(other.Verifies("texT"u8, stored.Sign("text"u8)));
            Assert.False(other.Verifies("text"u8, []));
        });
    }

    [Theory]
    [InlineData("""{"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"HS256"}]}""")]
    public void A_key_that_is_not_for_signatures_of_ours_is_passed_over(string jwks) => Assert.Empty(Jwks.Read(jwks));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":1}""")]
    [InlineData("""{"keys":[1]}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    public void What_is_no_set_of_keys_is_refused(string text) => Assert.Throws<FormatException>(() => Jwks.Read(text));
}
