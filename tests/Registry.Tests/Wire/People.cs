namespace Registry.Tests.Wire;

/// <summary>Those who sign in to a registry, and what they may do there.</summary>
/// <param name="App">The registry.</param>
/// <param name="Accounts">Makes more of them.</param>
/// <param name="Alice">Maintains <c>team</c>, <c>other</c> and <c>open</c>.</param>
/// <param name="Bob">Reads <c>team</c>.</param>
/// <param name="Mallory">May do nothing.</param>
/// <param name="Robot">Writes to <c>team</c>.</param>
public sealed record People(RegistryApp App, Accounts Accounts, Account Alice, Account Bob, Account Mallory, Account Robot) : IAsyncDisposable
{
    /// <summary>The namespace that everybody may pull from.</summary>
    public const string Open = "open";

    public Uri Address => App.Address;

    public static async Task<People> InviteAsync(Engine engine, params (string Key, string Value)[] settings)
    {
        var app = await RegistryApp.StartAsync(engine, settings);
        var accounts = await Accounts.CreateAsync(app);
        await accounts.NamespaceAsync(Open, isPublic: true);
        var alice = await accounts.UserAsync("alice", "maintainer", "team/*");
        await accounts.GrantAsync(alice, "maintainer", "other/*");
        await accounts.GrantAsync(alice, "maintainer", $"{Open}/*");
        var bob = await accounts.UserAsync("bob", "reader", "team/*");
        var mallory = await accounts.UserAsync("mallory");
        return new People(app, accounts, alice, bob, mallory, await accounts.RobotAsync("team", "ci", "writer", "team/*"));
    }

    /// <summary>A repository that no other test knows, as the administrator over the socket, who need not sign in.</summary>
    public RepositoryClient Repository(string space) => new(Accounts.Local, $"{space}/{Guid.NewGuid():n}");

    /// <summary>Host, port and name, as people write it.</summary>
    public string NameOf(RepositoryClient repository) => $"{Address.Authority}/{repository.Name}";

    public async ValueTask DisposeAsync()
    {
        Accounts.Dispose();
        await App.DisposeAsync();
    }
}
