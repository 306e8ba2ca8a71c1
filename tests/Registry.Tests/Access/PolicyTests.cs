using Registry.Auth;
using Registry.Auth.Permissions;
using Registry.Auth.Tokens;
using Registry.Storage.Repositories;

namespace Registry.Tests.Access;

/// <summary>
/// <see cref="Policy"/> as a function, over everything it can be asked: every kind of principal with every grant, limit and token, every
/// right, every state of the repository and of the credential.
/// </summary>
public sealed class PolicyTests
{
    private const long Epoch = 7;

    private static readonly Right[] Asked = [Right.Pull, Right.Push, Right.Delete];
    private static readonly string[] Names = ["acme", "acme/app", "acme/app-web", "acmecorp/app", "other/app"];
    private static readonly string[] Patterns = ["acme/*", "acme/app", "acme/app-*", "*"];

    private static readonly Policy[] Policies =
        [.. from anonymous in new[] { false, true } from trusts in new[] { false, true } select new Policy(anonymous, trusts)];

    private static readonly Grant[] Grants =
    [
        .. from pattern in Patterns
           from role in Enum.GetValues<Role>()
           from overwrite in new bool?[] { null, false, true }
           from removal in new bool?[] { null, false, true }
           select new Grant(Pattern(pattern), role, overwrite, removal),
    ];

    private static readonly GrantSet[] Limits =
    [
        .. from pattern in Patterns
           from actions in new string[][] { ["pull"], ["push"], ["delete"], ["pull", "push", "delete"], [] }
           select new CredentialLimits([new(pattern, actions)]).Grants,
    ];

    [Fact]
    public void Nobody_without_a_grant_is_ever_allowed_anything_on_a_private_name()
    {
        foreach (var (policy, who, right, name, facts) in Questions([new GrantSet(Array.Empty<Grant>())]))
        {
            if (who.Principal.IsAdministrator || facts.Public)
            {
                continue;
            }

            Assert.NotEqual(Verdict.Allowed, policy.Decide(who, right, name, facts));
            Assert.NotEqual(Verdict.Allowed, policy.DecideUpload(who, name, facts));
        }
    }

    [Fact]
    public void What_is_public_may_be_pulled_and_no_more()
    {
        foreach (var (policy, who, right, name, facts) in Questions([new GrantSet(Array.Empty<Grant>())]))
        {
            if (facts.Public && !who.Principal.IsAdministrator && policy.Decide(who, right, name, facts) == Verdict.Allowed)
            {
                Assert.Equal(Right.Pull, right);
                Assert.True(policy.AnonymousPull || Policy.Holds(who, facts.Standing));
            }
        }
    }

    [Fact]
    public void A_credential_that_does_not_hold_allows_no_more_than_none()
    {
        foreach (var (policy, who, right, name, facts) in Questions([GrantSet.Everything]))
        {
            if (who.Principal.Credential != 0 && facts.Standing is null)
            {
                var nobody = policy.Decide(Identity.Anonymous, right, name, facts with { Standing = 1 });
                Assert.Equal(nobody, policy.Decide(who, right, name, facts));
                Assert.Equal(Verdict.Hidden, policy.DecideUpload(who, name, facts));
                Assert.Equal(Verdict.SignIn, policy.DecideList(who, null));
                Assert.Equal(Verdict.SignIn, policy.DecideKnown(who, null));
                Assert.Equal(Verdict.SignIn, policy.DecideMeasure(who, null));
                Assert.Equal(Verdict.SignIn, Policy.DecideManage(who, null));
            }
        }
    }

    [Fact]
    public void What_is_remembered_of_another_epoch_never_decides_about_a_private_name()
    {
        foreach (var (policy, who, right, name, facts) in Questions([GrantSet.Everything]))
        {
            if (who.Principal.Credential != 0 && facts.Standing is { } standing && standing != who.Principal.Epoch && !facts.Public)
            {
                Assert.True(policy.Decide(who, right, name, facts) is Verdict.Changed or Verdict.SignIn);
                Assert.Equal(Verdict.Changed, policy.DecideUpload(who, name, facts));
            }
        }
    }

    [Fact]
    public void Only_who_holds_a_credential_is_told_what_it_may_not_do()
    {
        foreach (var (policy, who, right, name, facts) in Questions(Grants.Select(grant => new GrantSet([grant]))))
        {
            if (policy.Decide(who, right, name, facts) is Verdict.Hidden or Verdict.Denied)
            {
                Assert.True(Policy.Holds(who, facts.Standing), $"{who} was told about {name}");
            }
        }
    }

    [Fact]
    public void What_may_not_be_known_looks_the_same_whether_it_is_there_or_not()
    {
        foreach (var (policy, who, right, name, facts) in Questions(Grants.Select(grant => new GrantSet([grant]))))
        {
            if (!facts.Public && facts.Id is not null && !who.Principal.On(name).HasFlag(Right.Pull))
            {
                Assert.Equal(policy.Decide(who, right, name, new RepositoryFacts(null, false, false, 0, facts.Standing)), policy.Decide(who, right, name, facts));
            }
        }
    }

    [Fact]
    public void Limits_never_add_a_right()
    {
        foreach (var grant in Grants)
        {
            var free = User(new GrantSet([grant]), null);
            foreach (var limits in Limits)
            {
                var limited = User(new GrantSet([grant]), limits);
                foreach (var name in Names)
                {
                    Assert.Equal(Right.None, limited.On(name) & ~free.On(name));
                    Assert.Equal(limited.On(name), free.On(name) & limits.On(name));
                    Assert.Equal(limited.On(name).HasFlag(Right.Pull), limited.Readable.Any(range => range.Contains(name)));
                }
            }
        }
    }

    [Fact]
    public void Limits_hold_for_administrators_too()
    {
        foreach (var limits in Limits)
        {
            var administrator = new Principal(PrincipalKind.User, "root", 1, 1, Epoch, true, GrantSet.Nothing, limits);
            Assert.All(Names, name => Assert.Equal(limits.On(name), administrator.On(name)));
        }
    }

    [Fact]
    public void Two_grants_are_what_each_of_them_is()
    {
        foreach (var one in Grants)
        {
            foreach (var other in Grants)
            {
                GrantSet both = new([one, other]), first = new([one]), second = new([other]);
                foreach (var name in Names)
                {
                    Assert.Equal(first.On(name) | second.On(name), both.On(name));
                    Assert.Equal(both.On(name).HasFlag(Right.Pull), both.Readable.Any(range => range.Contains(name)));
                }
            }
        }
    }

    [Fact]
    public void A_grant_means_its_names_and_no_others()
    {
        // Name by name what the four patterns mean.
        var means = new Dictionary<string, string[]>
        {
            ["acme/*"] = ["acme", "acme/app", "acme/app-web"],
            ["acme/app"] = ["acme/app"],
            ["acme/app-*"] = ["acme/app-web"],
            ["*"] = Names,
        };
        foreach (var (pattern, meant) in means)
        {
            var grants = new GrantSet([new Grant(Pattern(pattern), Role.Reader)]);
            Assert.Equal(meant, Names.Where(name => grants.On(name) == Right.Pull));
        }
    }

    [Fact]
    public void A_bearer_token_never_allows_more_than_its_subject_may()
    {
        foreach (var (policy, who, right, name, facts) in Questions(Grants.Select(grant => new GrantSet([grant]))))
        {
            if (who.Token is not null && who.Principal.Credential != 0 && policy.Decide(who, right, name, facts) == Verdict.Allowed)
            {
                Assert.Equal(Verdict.Allowed, policy.Decide(who with { Token = null }, right, name, facts));
            }
        }
    }

    [Fact]
    public void The_roles_are_what_the_design_says()
    {
        Right Of(Role role, bool? overwrite = null, bool? removal = null) => new Grant(Pattern("*"), role, overwrite, removal).Rights;
        const Right Write = Right.Pull | Right.Push | Right.Create | Right.Overwrite;

        Assert.Equal(Right.Pull, Of(Role.Reader));
        Assert.Equal(Write, Of(Role.Writer));
        Assert.Equal(Write | Right.Delete, Of(Role.Maintainer));
        Assert.Equal(Right.All, Of(Role.Owner));
        Assert.Equal(Write & ~Right.Overwrite, Of(Role.Writer, overwrite: false));
        Assert.Equal(Write, Of(Role.Maintainer, removal: false));
        Assert.Equal(Write | Right.Delete, Of(Role.Writer, removal: true));
        Assert.Equal(Right.None, Of((Role)0));
    }

    private static NamePattern Pattern(string text) => NamePattern.TryParse(text, out var pattern) ? pattern : throw new ArgumentException(text);

    private static Principal User(GrantSet grants, GrantSet? limits) => new(PrincipalKind.User, "anna", 1, 1, Epoch, false, grants, limits);

    private static IEnumerable<(Policy Policy, Identity Who, Right Right, string Name, RepositoryFacts Facts)> Questions(IEnumerable<GrantSet> grants) =>
        from set in grants
        from policy in Policies
        from name in Names
        from who in Identities(set, name)
        from right in Asked
        from facts in Facts()
        where facts.Standing is not null || who.Principal.Credential != 0 || policy.TrustsOthers // else no user exists
        select (policy, who, right, name, facts);

    private static IEnumerable<RepositoryFacts> Facts() =>
        from standing in new long?[] { null, Epoch, Epoch + 1 }
        from facts in new[]
        {
            new RepositoryFacts(null, false, false, 0, standing),
            new RepositoryFacts(1, true, false, 1, standing),
            new RepositoryFacts(1, true, true, 1, standing),
        }
        select facts;

    // A token for everything, one for nothing, one that was asked for everything and given nothing, one that has expired.
    private static IEnumerable<Identity> Identities(GrantSet grants, string name)
    {
        TokenAccess everything = new(TokenAccess.Repository, name, ["*"], 1), created = everything with { Id = null };
        BearerToken?[] tokens =
        [
            null,
            new([everything], [], 100, false, false),
            new([created], [], 100, false, false),
            new([], [], 100, false, false),
            new([], [everything], 100, false, false),
            new([everything], [], 100, true, false),
        ];
        foreach (var token in tokens)
        {
            yield return new Identity(Principal.Anonymous, token);
            yield return new Identity(User(grants, null), token);
            yield return new Identity(User(grants, null) with { Kind = PrincipalKind.Robot }, token);
            yield return new Identity(User(grants, null) with { IsAdministrator = true }, token);
        }

        yield return Identity.Invalid;
    }
}
