/** The transport under test. */
import { inject } from "vitest";
import { createGrpcTransport, type GrpcTransport, type GrpcTransportOptions } from "../src/node.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Set by vitest.config.ts, which runs tests of transports with both values. */
    readonly http2: "own" | "node";
  }
}

/** Creates a transport on the HTTP/2 layer that this run of the suite tests. */
export function createTestTransport(options: GrpcTransportOptions): GrpcTransport {
  return createGrpcTransport({ http2: inject("http2"), ...options });
}
