namespace Registry.Configuration;

/// <summary>What names the user in a client certificate.</summary>
public enum ClientName
{
    /// <summary>The common name of the subject.</summary>
    CommonName,

    /// <summary>The e-mail address among the alternative names.</summary>
    Email,

    /// <summary>The URI among the alternative names.</summary>
    Uri,
}
