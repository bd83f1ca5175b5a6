# The broker in a container: native code, built from source, run without a shell and not as root.
#
#   docker build -t broker .
#   docker run -p 1883:1883 -p 8080:8080 \
#     -e Broker__Endpoints__Mqtt__Url=mqtt://0.0.0.0:1883 \
#     -e Broker__Endpoints__Http__Url=http://0.0.0.0:8080 \
#     -e Broker__Auth__PasswordFile=/config/users -e Broker__Acl__Path=/config/acl.txt -v ./config:/config broker
#
# Without those variables it listens on the container's loopback only: who can reach it is the operator's decision, not the image's.
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble-aot AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Broker.Host -c Release --use-current-runtime -p:PublishAot=true -p:NuGetLockFilePath=obj/publish.lock.json -o /app

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
USER $APP_UID
EXPOSE 1883 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["./Broker.Host", "--health", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["./Broker.Host"]
