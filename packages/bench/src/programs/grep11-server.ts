/** Runs our own server to be measured. The bearer token of a call is also the name of its principal. */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { createAuthority, issueCertificate, SERVER_AUTH } from "@grep11/certificates";
import { createEngine, Keyring, LiveKeyring } from "@grep11/engine";
import { createGrep11Server, type Grep11ServerOptions } from "@grep11/grpc-server";
import { serveParent } from "../child.ts";
import { type ProfileEntry, selfTimes } from "../profile.ts";

/**
 * The options of the server, and the master key. All server variants share the master key, so each accepts the keys
 * that another one has generated.
 */
export interface Grep11ServerPlan extends Omit<Grep11ServerOptions, "ep11"> {
  readonly masterKey: Uint8Array;
}

/** The plaintext port, the TLS port, and the certificate that clients must trust. */
interface Ports {
  readonly port: number;
  readonly tlsPort: number;
  readonly ca: string;
}

/** A performance entry of the type "gc", which Node adds after each garbage collection. */
type GarbageCollection = PerformanceEntry & { readonly detail: { readonly kind: number } };

let collections = 0;
let profiler: Session | undefined;

const handlers = {
  async start({ masterKey, ...options }: Grep11ServerPlan): Promise<Ports> {
    const engine = createEngine({ keyring: new LiveKeyring(Keyring.create(() => masterKey)) });
    const server = createGrep11Server({ ep11: engine, ...options });
    const bearer = (token: string) => ({ name: token, roles: ["Manager"] });
    const authority = await createAuthority("Benchmark");
    const tls = await issueCertificate(authority, { subject: "server", names: ["127.0.0.1"], usage: SERVER_AUTH });
    const { port } = await server.listen({ port: 0, bearer });
    const { port: tlsPort } = await server.listen({ port: 0, bearer, tls });
    new PerformanceObserver((list) => {
      const kinds = list.getEntries().map((entry) => (entry as GarbageCollection).detail.kind);
      collections += kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length;
    }).observe({ entryTypes: ["gc"] });
    return { port, tlsPort, ca: authority.cert };
  },
  /** Returns the number of full garbage collections so far. */
  collections: () => collections,
  /** Starts to record a CPU profile. */
  async startProfile(): Promise<void> {
    profiler = new Session();
    profiler.connect();
    await profiler.post("Profiler.enable");
    await profiler.post("Profiler.start");
  },
  /** Stops recording, writes the CPU profile to `file`, and returns the functions that took most of the time. */
  async stopProfile(file: string): Promise<readonly ProfileEntry[]> {
    const { profile } = await profiler!.post("Profiler.stop");
    profiler!.disconnect();
    writeFileSync(file, JSON.stringify(profile));
    return selfTimes(profile);
  },
};
export type Grep11ServerProgram = typeof handlers;
serveParent(handlers);
