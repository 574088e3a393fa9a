/**
 * `GET /` and `OPTIONS /`, which HTTP health checks of load balancers send by default (HAProxy's `option httpchk`):
 * 200 while the server is serving calls, else 503. Requests of web pages are left to CORS.
 */
import { type NodeRequest, type NodeResponse, send } from "../listener/node.ts";

const METHODS: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Responds to a request for the root of the server; returns false for all others. */
export function respondAtRoot(
  path: string,
  request: NodeRequest,
  response: NodeResponse,
  isServing: () => boolean,
): boolean {
  // "*" is the target of an OPTIONS request for the server as a whole (RFC 9110 section 9.3.7).
  if ((path !== "/" && path !== "*") || !METHODS.has(request.method) || request.headers.origin !== undefined)
    return false;
  const serving = isServing();
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.setHeader("cache-control", "no-store");
  const text = request.method === "HEAD" ? undefined : Buffer.from(serving ? "serving\n" : "not serving\n");
  send(request, response, serving ? 200 : 503, text);
  return true;
}
