namespace Registry.Tests.Durability.Load;

/// <summary>How a client brings a blob to a repository.</summary>
internal enum Way
{
    /// <summary>Asked for by HEAD first, and only sent when it is not there.</summary>
    Known,

    /// <summary>With the POST that would start the upload.</summary>
    Post,

    /// <summary>With the PUT that ends it.</summary>
    Put,

    /// <summary>Half of it by PATCH, half with the PUT.</summary>
    Chunks,

    /// <summary>From another repository, and sent when it is not there either.</summary>
    Mount,
}
