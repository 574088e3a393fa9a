/** Creates a server that offers one Ep11 on any number of ports. */
import { Calls } from "./call/call.ts";
import { createPipeline } from "./call/pipeline.ts";
import { dataLimit } from "./limits/sizes.ts";
import { Connections } from "./listener/connections.ts";
import { OpenPort } from "./listener/listener.ts";
import type { CloseOptions, Grep11Server, Grep11ServerOptions, Keepalive, Listener, ListenOptions } from "./options.ts";
import { Cors } from "./routes/cors.ts";
import { HealthRoute } from "./routes/health-route.ts";
import type { ListenerContext } from "./routes/http-call.ts";
import { Router } from "./routes/router.ts";
import { cryptoService } from "./services/crypto-service.ts";
import { HealthService } from "./services/health.ts";
import { Probes } from "./services/probes.ts";
import { ServiceRegistry } from "./services/service.ts";

/** IBM's on-premises server has the same values. */
const DEFAULT_KEEPALIVE: Keepalive = { intervalMs: 30_000, timeoutMs: 5_000 };
const DEFAULT_GRACE_MS = 10_000;

/**
 * Creates a server that does not listen yet. Every port will serve gRPC, gRPC-Web and Connect (binary and JSON), and
 * gRPC health. Throws TypeError if two services have the same name.
 */
export function createGrep11Server(options: Grep11ServerOptions): Grep11Server {
  const {
    maxConnections = 1_000,
    maxConnectionsPerAddress = Math.ceil(maxConnections / 2),
    idleTimeoutMs = 300_000,
    keepalive = DEFAULT_KEEPALIVE,
  } = options;
  const services = new ServiceRegistry([cryptoService(options.ep11, dataLimit(options)), ...(options.services ?? [])]);
  const calls = new Calls(options, services.largestRequest, createPipeline(options));
  const health = new HealthService(options.ready ?? (() => true), services.names);
  const probes = new Probes({ maxConnections, maxConnectionsPerAddress });
  const router = new Router(calls, services, new HealthRoute(calls, health, probes));
  const connections = new Connections({ maxConnections, maxConnectionsPerAddress, idleTimeoutMs });
  const ports = new Set<OpenPort>();

  return {
    async listen({ host, port, tls, bearer, allowedOrigins }: ListenOptions = {}): Promise<Listener> {
      const context: ListenerContext = { bearer, cors: new Cors(allowedOrigins) };
      const open = new OpenPort(
        {
          http2: options.http2 ?? "own",
          handle: (exchange) => router.handle(context, exchange),
          mayConnect: (connection) => !calls.draining && connections.add(connection),
          onDisconnect: (connection) => connections.remove(connection),
          onUnfitCertificate: options.onUnfitCertificate,
          idleTimeoutMs,
          keepalive,
          maxConnectionAgeMs: options.maxConnectionAgeMs,
          bodyTimeoutMs: calls.bodyTimeoutMs,
        },
        tls,
      );
      await open.open({ ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) });
      ports.add(open);
      return open;
    },
    get inFlight() {
      return calls.inFlight;
    },
    refreshHealth: () => health.refresh(),
    async close({ graceMs = DEFAULT_GRACE_MS }: CloseOptions = {}): Promise<void> {
      calls.draining = true;
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
