/** Creates the server that the tests call. */
import { inject } from "vitest";
import type { Grep11Server, Grep11ServerOptions } from "../src/options.ts";
import { createGrep11Server } from "../src/server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** vitest.config.ts sets it, and runs every test with both values. */
    readonly http2: "own" | "node";
  }
}

/** Creates a server that serves plain gRPC with the HTTP/2 layer that this run of the suite tests. */
export function createTestServer(options: Grep11ServerOptions): Grep11Server {
  return createGrep11Server({ http2: inject("http2"), ...options });
}
