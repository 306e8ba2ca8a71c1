using Registry;

return await RegistryApplication.RunAsync(args);
