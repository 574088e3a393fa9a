/**
 * Responds to `GET /` and `OPTIONS /`, which load balancers send by default as health checks (such as HAProxy's `option
 * httpchk`). The status is 200 while the server is serving calls, and 503 otherwise. Requests from web pages are
 * handled by cors.ts instead.
 */
import type { HttpExchange } from "./http-exchange.ts";

const METHODS: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Responds to a health check of the root path and returns true. Returns false for all other requests. */
export function respondAtRoot(exchange: HttpExchange, isServing: () => boolean): boolean {
  // "*" is the target of an OPTIONS request for the server as a whole (RFC 9110 section 9.3.7).
  if (
    (exchange.path !== "/" && exchange.path !== "*") ||
    !METHODS.has(exchange.method) ||
    exchange.header("origin") !== undefined
  )
    return false;
  const serving = isServing();
  exchange.send({
    status: serving ? 200 : 503,
    fields: ["content-type", "text/plain; charset=utf-8", "cache-control", "no-store"],
    body: exchange.method === "HEAD" ? undefined : Buffer.from(serving ? "serving\n" : "not serving\n"),
  });
  return true;
}
