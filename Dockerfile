# syntax=docker/dockerfile:1
# For several architectures: docker buildx build --platform linux/amd64,linux/arm64 .
# What is built is the same for all of them, so the build runs once, on the machine's own.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# Packages are restored again only when these change.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Registry/Registry.csproj src/Registry/
COPY src/Auth/Auth.csproj src/Auth/
COPY src/Storage/Storage.csproj src/Storage/
RUN dotnet restore src/Registry
COPY src src
RUN dotnet publish src/Registry -c Release --no-restore -o /app

# Ubuntu: the embedded SQLite has no build for Alpine.
FROM mcr.microsoft.com/dotnet/aspnet:10.0
# Volumes that are mounted here for the first time belong to the user.
RUN mkdir /data /keys && chown app:app /data /keys && chmod 700 /data /keys
COPY --from=build /app /app
USER app
WORKDIR /data
VOLUME /data
ENV ASPNETCORE_HTTP_PORTS=5000 DataDirectory=/data
EXPOSE 5000
# The image has neither curl nor wget.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5000 && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ $status = 200 ]"]
ENTRYPOINT ["/app/registry"]
