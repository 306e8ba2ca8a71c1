# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Registry -c Release -o /app

# Ubuntu: the embedded SQLite has no build for Alpine.
FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
RUN mkdir /data && chown app:app /data
USER app
WORKDIR /data
VOLUME /data
ENV ASPNETCORE_HTTP_PORTS=5000 DataDirectory=/data
EXPOSE 5000
ENTRYPOINT ["/app/registry"]
