# grep11-server, with the command line beside it. Its configuration is /etc/grep11/grep11.yaml; see docs/container.md.
# Debian, because the prebuilt native part of koffi needs glibc.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm run build \
 && pnpm="npx --yes $(node -p 'require("./package.json").packageManager')" \
 && $pnpm --filter grep11-server deploy --prod --legacy /out/server \
 && $pnpm --filter grep11 deploy --prod --legacy /out/cli \
 && chmod +x /out/server/bundle/main.js /out/cli/bundle/main.js

FROM node:24-bookworm-slim
# Ten times as fast as OpenSSL on secp256k1 (docs/adr/0019).
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libsecp256k1-1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out /opt/grep11
RUN ln -s /opt/grep11/server/bundle/main.js /usr/local/bin/grep11-server \
 && ln -s /opt/grep11/cli/bundle/main.js /usr/local/bin/grep11 \
 && install -d -o node -g node -m 700 /var/lib/grep11
USER node
WORKDIR /var/lib/grep11
VOLUME /var/lib/grep11
# gRPC, gRPC-Web and Connect. A developer server also has TLS on 9877 and a fake IAM on 9878.
EXPOSE 9876
STOPSIGNAL SIGTERM
# Without this file it checks the developer server that was started with --dev.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s \
  CMD ["grep11-server", "healthcheck", "--config", "/etc/grep11/grep11.yaml", "--timeout", "5"]
ENTRYPOINT ["grep11-server"]
CMD ["--config", "/etc/grep11/grep11.yaml"]
