namespace Registry.Auth.Passwords;

/// <summary>A line of an htpasswd file that cannot be imported.</summary>
/// <param name="Line">The number of the line, from 1.</param>
/// <param name="Reason">Why, for the person, without what is secret on it.</param>
public sealed record HtpasswdProblem(int Line, string Reason);
