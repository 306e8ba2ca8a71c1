namespace Registry.Upstreams;

/// <summary>What a token is for: a token of one credential or repository must never serve another.</summary>
internal sealed record TokenKey(TokenRealm Realm, string? Service, UpstreamCredential? Credential, string Repository)
{
    /// <summary>The request for it. Nothing but pulling is asked for.</summary>
    public Uri Query
    {
        get
        {
            var query = Realm.Address.Query.Length > 1 ? Realm.Address.Query + "&" : "?";
            var service = Service is null ? string.Empty : $"service={Uri.EscapeDataString(Service)}&";
            return new Uri($"{Realm.Address.GetLeftPart(UriPartial.Path)}{query}{service}scope={Uri.EscapeDataString($"repository:{Repository}:pull")}");
        }
    }
}
