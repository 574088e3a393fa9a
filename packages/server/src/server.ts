/** One Ep11, any number of ports. */
import { Admission } from "./call/admission.ts";
import { Connections } from "./listener/connections.ts";
import { DEFAULT_KEEPALIVE } from "./listener/http2-session.ts";
import { OpenPort } from "./listener/listener.ts";
import type { Entrance } from "./listener/listener-context.ts";
import type { CloseOptions, Grep11Server, Grep11ServerOptions, Listener, ListenOptions } from "./options.ts";
import { DEFAULT_BODY_TIMEOUT_MS } from "./routes/body.ts";
import { ConnectRoute } from "./routes/connect-route.ts";
import { Cors } from "./routes/cors.ts";
import { GrpcRoute } from "./routes/grpc-route.ts";
import { HealthService } from "./services/health.ts";
import { Probes } from "./services/probes.ts";

const DEFAULT_GRACE_MS = 10_000;

/** A server that does not listen yet. Every port serves gRPC, gRPC-Web and Connect (binary and JSON), and gRPC health. */
export function createGrep11Server(options: Grep11ServerOptions): Grep11Server {
  const admission = new Admission(options);
  const health = new HealthService(options.ready ?? (() => true));
  const fastRoute = options.fastPath === false ? undefined : new GrpcRoute(admission);
  const ports = new Set<OpenPort>();
  const {
    maxConnections = 1_000,
    maxConnectionsPerAddress = Math.ceil(maxConnections / 2),
    idleTimeoutMs = 300_000,
    bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS,
    keepalive = DEFAULT_KEEPALIVE,
  } = options;
  const connections = new Connections({ maxConnections, maxConnectionsPerAddress, idleTimeoutMs });
  const route = new ConnectRoute(admission, health, new Probes({ maxConnections, maxConnectionsPerAddress }));

  return {
    async listen({ host, port, tls, bearer, allowedOrigins }: ListenOptions = {}): Promise<Listener> {
      const open = new OpenPort(
        {
          handle: (request, response) => route.handle(entrance, request, response),
          handleStream: (stream, headers) => fastRoute?.handle(entrance, stream, headers) ?? false,
          mayConnect: (connection) => !admission.draining && connections.add(connection),
          onDisconnect: (connection) => connections.remove(connection),
          onUnfitCertificate: options.onUnfitCertificate,
          idleTimeoutMs,
          keepalive,
          maxConnectionAgeMs: options.maxConnectionAgeMs,
          bodyTimeoutMs,
        },
        tls,
      );
      const entrance: Entrance = {
        bearer,
        cors: new Cors(allowedOrigins),
        connectionOf: (request) => open.connectionOf(request),
      };
      await open.open({ ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) });
      ports.add(open);
      return open;
    },
    get inFlight() {
      return admission.inFlight;
    },
    refreshHealth: () => health.refresh(),
    async close({ graceMs = DEFAULT_GRACE_MS }: CloseOptions = {}): Promise<void> {
      admission.draining = true;
      health.stop();
      const grace = new AbortController();
      const timer = setTimeout(() => grace.abort(), graceMs);
      await Promise.all([...ports].map((port) => port.drain(grace.signal)));
      clearTimeout(timer);
      connections.close();
      ports.clear();
    },
  };
}
