using Registry.CommandLine;

return await RegistryProgram.RunAsync(args);
