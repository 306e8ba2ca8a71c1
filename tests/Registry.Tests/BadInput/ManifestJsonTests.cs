using System.Text;
using System.Text.Json.Nodes;
using Registry.Tests.Wire;

namespace Registry.Tests.BadInput;

/// <summary>Documents that are not JSON, or JSON that parsers disagree about. All are 400 MANIFEST_INVALID and leave nothing.</summary>
public sealed class ManifestJsonTests(SharedRegistry registry) : IClassFixture<SharedRegistry>
{
    [Theory]
    [Engines("")]
    [Engines(" ")]
    [Engines("null")]
    [Engines("1")]
    [Engines("\"text\"")]
    [Engines("[]")]
    [Engines("{}")]
    [Engines("{")]
    [Engines("}")]
    [Engines("{\"schemaVersion\":2")]
    [Engines("{'schemaVersion':2}")]
    [Engines("{\"schemaVersion\":2,}")]
    [Engines("{\"schemaVersion\":2}{\"schemaVersion\":2}")]
    [Engines("// comment\n{\"schemaVersion\":2}")]
    [Engines("{\"schemaVersion\":2 /* comment */}")]
    [Engines("<html></html>")]
    [Engines("{\"schemaVersion\":2,\"config\":NaN}")]
    public async Task S9_What_is_not_a_JSON_object_of_a_manifest_is_400(Engine engine, string text)
    {
        var repository = await registry.RepositoryAsync(engine);

        foreach (var type in new[] { Oci.ManifestType, Oci.IndexType, Oci.DockerManifestType, null })
        {
            (await repository.PutManifestAsync("v1", Encoding.UTF8.GetBytes(text), type)).IsError(400, "MANIFEST_INVALID");
        }

        (await repository.HeadAsync("manifests/v1")).Is(404);
    }

    [Theory, Engines]
    public async Task S9_A_manifest_cut_off_anywhere_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var content = (await repository.ImageOfFreshBlobsAsync()).Bytes();

        for (var length = 0; length < content.Length; length += 7)
        {
            (await repository.PutManifestAsync("v1", content.AsMemory(0, length), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
        }

        (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).Is(201);
    }

    [Theory, Engines(31, 201), Engines(33, 400), Engines(64, 400), Engines(10_000, 400), Engines(1_000_000, 400)]
    public async Task S9_Documents_nest_thirty_two_deep_at_most(Engine engine, int depth, int status)
    {
        var repository = await registry.RepositoryAsync(engine);
        var text = Encoding.UTF8.GetString((await repository.ImageOfFreshBlobsAsync()).Bytes());

        // The document itself is the first level.
        foreach (var (open, close) in new[] { ("[", "]"), ("{\"a\":", "}") })
        {
            var nested = string.Concat(Enumerable.Repeat(open, depth - 1)) + "1" + string.Concat(Enumerable.Repeat(close, depth - 1));
            var content = Encoding.UTF8.GetBytes(text[..^1] + $",\"x\":{nested}}}");
            if (content.Length < 4_000_000)
            {
                (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).Is(status);
            }
        }
    }

    [Theory]
    [Engines("layers")]
    [Engines("config")]
    [Engines("mediaType")]
    [Engines("schemaVersion")]
    [Engines("org.example.unknown")]
    public async Task S9_A_key_given_twice_is_400_however_it_is_spelled(Engine engine, string key)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["org.example.unknown"] = 1;
        var text = document.ToJsonString();
        var member = $"\"{key}\":{document[key]!.ToJsonString()}";
        var escaped = $"\"\\u{(int)key[0]:x4}{key[1..]}\":{document[key]!.ToJsonString()}";

        foreach (var twice in new[] { $"{{{member},{text[1..]}", $"{text[..^1]},{member}}}", $"{{{escaped},{text[1..]}", $"{text[..^1]},{escaped}}}" })
        {
            (await repository.PutManifestAsync("v1", Encoding.UTF8.GetBytes(twice), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
        }
    }

    [Theory, Engines]
    public async Task S9_A_key_given_twice_inside_a_descriptor_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var text = (await repository.ImageOfFreshBlobsAsync()).ToJsonString();
        var other = RepositoryWire.DigestOf("other"u8);

        foreach (var added in new[] { $"\"digest\":\"{other}\",", $"\"\\u0064igest\":\"{other}\",", "\"size\":1,", "\"annotations\":{\"a\":\"1\",\"a\":\"2\"}," })
        {
            var twice = text.Replace("\"config\":{", "\"config\":{" + added, StringComparison.Ordinal);
            (await repository.PutManifestAsync("v1", Encoding.UTF8.GetBytes(twice), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
        }
    }

    [Theory]
    [Engines("Layers")]
    [Engines("LAYERS")]
    [Engines("Config")]
    [Engines("Manifests")]
    [Engines("MediaType")]
    [Engines("mediatype")]
    [Engines("SchemaVersion")]
    [Engines("Subject")]
    [Engines("ArtifactType")]
    [Engines("l\\u0041yers")]
    public async Task S60_A_key_that_differs_from_a_known_one_by_case_is_400(Engine engine, string key)
    {
        var repository = await registry.RepositoryAsync(engine);
        var text = (await repository.ImageOfFreshBlobsAsync()).ToJsonString();

        (await repository.PutManifestAsync("v1", Encoding.UTF8.GetBytes($"{text[..^1]},\"{key}\":[]}}"), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
    }

    [Theory, Engines("Digest"), Engines("SIZE"), Engines("Mediatype")]
    public async Task S60_A_key_of_a_descriptor_that_differs_by_case_is_400(Engine engine, string key)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        document["layers"]![0]![key] = "x";

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
    }

    [Theory, Engines]
    public async Task S9_Bytes_that_are_not_UTF_8_are_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var text = (await repository.ImageOfFreshBlobsAsync()).With("annotations", new JsonObject { ["key"] = "VALUE" }).ToJsonString();
        byte[][] invalid = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80], [0x80]];

        foreach (var bytes in invalid)
        {
            foreach (var place in new[] { "VALUE", "key" })
            {
                var at = text.IndexOf(place, StringComparison.Ordinal);
                byte[] content = [.. Encoding.UTF8.GetBytes(text[..at]), .. bytes, .. Encoding.UTF8.GetBytes(text[(at + place.Length)..])];
                (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
            }
        }
    }

    [Theory, Engines]
    public async Task S9_A_byte_order_mark_or_another_encoding_is_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var text = (await repository.ImageOfFreshBlobsAsync()).ToJsonString();

        foreach (var encoding in new[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            byte[] content = [.. encoding.GetPreamble(), .. encoding.GetBytes(text)];
            (await repository.PutManifestAsync("v1", content, Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
            (await repository.PutManifestAsync("v1", encoding.GetBytes(text), encoding is UTF8Encoding ? "application/octet-stream" : Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
        }
    }

    [Theory]
    [Engines("mediaType", "\"\\ud800\"")]
    [Engines("artifactType", "\"\\udc00x\"")]
    [Engines("\\ud800", "1")]
    [Engines("annotations", "{\"a\":\"\\ud800\"}")]
    [Engines("annotations", "{\"\\udfff\":\"a\"}")]
    public async Task S9_Half_of_a_surrogate_pair_never_fails_inside(Engine engine, string key, string value)
    {
        var repository = await registry.RepositoryAsync(engine);
        var subject = RepositoryWire.DigestOf(Oci.RandomBytes(9));
        var document = (await repository.ImageOfFreshBlobsAsync()).Without("mediaType").With("subject", Documents.Descriptor(Oci.ManifestType, subject, 7));
        var content = Encoding.UTF8.GetBytes($"{document.ToJsonString()[..^1]},\"{key}\":{value}}}");

        var answer = await repository.PutManifestAsync("v1", content, Oci.ManifestType);

        if (answer.Status == 201)
        {
            Assert.Equal(content, (await repository.GetAsync("manifests/v1")).Is(200).Body);
            (await repository.GetAsync($"referrers/{subject}")).Is(200).Json();
        }
        else
        {
            answer.IsError(400, "MANIFEST_INVALID");
        }
    }

    [Theory]
    [Engines("-1")]
    [Engines("1e2")]
    [Engines("100.0")]
    [Engines("100.5")]
    [Engines("9223372036854775808")]
    [Engines("1e400")]
    [Engines("\"100\"")]
    [Engines("null")]
    [Engines("true")]
    [Engines("[]")]
    [Engines("{}")]
    public async Task S9_A_size_is_a_whole_number_of_bytes(Engine engine, string size)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        foreach (var descriptor in new[] { document["config"]!, document["layers"]![0]! })
        {
            var valid = descriptor.ToJsonString();
            var invalid = valid.Replace($"\"size\":{descriptor["size"]}", $"\"size\":{size}", StringComparison.Ordinal);
            var content = document.ToJsonString().Replace(valid, invalid, StringComparison.Ordinal);
            Assert.NotEqual(document.ToJsonString(), content);

            (await repository.PutManifestAsync("v1", Encoding.UTF8.GetBytes(content), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
        }
    }

    [Theory]
    [Engines("config", "null")]
    [Engines("config", "[]")]
    [Engines("config", "\"sha256:abc\"")]
    [Engines("config", "{}")]
    [Engines("layers", "{}")]
    [Engines("layers", "\"x\"")]
    [Engines("layers", "[null]")]
    [Engines("layers", "[1]")]
    [Engines("layers", "[[]]")]
    [Engines("layers", "[{}]")]
    [Engines("subject", "[]")]
    [Engines("subject", "\"x\"")]
    [Engines("subject", "{}")]
    [Engines("mediaType", "1")]
    [Engines("mediaType", "{}")]
    [Engines("artifactType", "1")]
    [Engines("schemaVersion", "\"2\"")]
    [Engines("schemaVersion", "3")]
    [Engines("schemaVersion", "1")]
    [Engines("schemaVersion", "2.5")]
    [Engines("schemaVersion", "null")]
    [Engines("schemaVersion", "99999999999999999999")]
    public async Task S9_A_member_of_the_wrong_kind_is_400(Engine engine, string member, string value)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = (await repository.ImageOfFreshBlobsAsync()).With(member, JsonNode.Parse(value));

        (await repository.PutManifestAsync("v1", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
    }

    [Theory, Engines("mediaType"), Engines("digest"), Engines("size")]
    public async Task S9_A_descriptor_has_type_digest_and_size(Engine engine, string member)
    {
        var repository = await registry.RepositoryAsync(engine);
        var layer = await repository.ImageOfFreshBlobsAsync();
        layer["layers"]![0]!.AsObject().Remove(member);
        var index = Documents.Index((await repository.PushImageAsync()).Descriptor().Without(member));

        (await repository.PutManifestAsync("v1", layer.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");
        (await repository.PutManifestAsync("v1", index.Bytes(), Oci.IndexType)).IsError(400, "MANIFEST_INVALID");
    }

    [Theory, Engines]
    public async Task S9_More_than_ten_thousand_descriptors_are_400(Engine engine)
    {
        var repository = await registry.RepositoryAsync(engine);
        var document = await repository.ImageOfFreshBlobsAsync();
        var layer = document["layers"]![0]!;
        document["layers"] = new JsonArray([.. Enumerable.Range(0, 10_000).Select(_ => layer.DeepClone())]);
        (await repository.PutManifestAsync("most", document.Bytes(), Oci.ManifestType)).Is(201);

        document["layers"]!.AsArray().Add(layer.DeepClone());
        (await repository.PutManifestAsync("more", document.Bytes(), Oci.ManifestType)).IsError(400, "MANIFEST_INVALID");

        var child = (await repository.PushImageAsync()).Descriptor();
        var index = Documents.Index([.. Enumerable.Range(0, 10_001).Select(_ => child.DeepClone().AsObject())]);
        (await repository.PutManifestAsync("more", index.Bytes(), Oci.IndexType)).IsError(400, "MANIFEST_INVALID");
    }
}
