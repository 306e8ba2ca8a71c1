namespace Registry;

/// <summary>Refuses runtimes whose HTTP server has known holes.</summary>
internal static class RuntimeFloor
{
    public static void Check()
    {
        // CVE-2025-55315: request smuggling through chunk extensions in Kestrel up to 10.0.0-rc.1.
        var description = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription;
        if (Environment.Version.Major < 10 || description.Contains("10.0.0-preview", StringComparison.Ordinal)
            || description.Contains("10.0.0-rc.1", StringComparison.Ordinal))
        {
            throw new Configuration.ConfigurationException($"{description} has known security holes in its HTTP server; install .NET 10.0.0 or later");
        }
    }
}
