/**
 * `GET /` and `OPTIONS /`, which the HTTP health checks of load balancers send by default (HAProxy's `option httpchk`). The
 * status is 200 while the server is serving calls, else 503. Requests of web pages are handled by CORS instead.
 */
import type { HttpExchange } from "./http-exchange.ts";

const METHODS: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Responds to a request for the root of the server. Returns false for all other requests. */
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
