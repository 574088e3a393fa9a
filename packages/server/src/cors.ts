/** Calls from web pages: the Fetch standard's CORS protocol, and a refusal of pages that nobody allowed. */
import { cors } from "@connectrpc/connect";
import { headerOf, type NodeRequest, type NodeResponse, send } from "./node.ts";

const PREFLIGHT_SECONDS = "7200";

/** What the pages of one listener's origins may do. */
export class Cors {
  readonly #origins: ReadonlySet<string>;

  /** `*` allows all origins, a port of `*` every port of a host: `http://localhost:*`. */
  constructor(allowedOrigins: readonly string[] = []) {
    this.#origins = new Set(allowedOrigins);
  }

  #allows(origin: string): boolean {
    return this.#origins.has("*") || this.#origins.has(origin) || this.#origins.has(origin.replace(/(:\d+)?$/, ":*"));
  }

  /**
   * Whether a page of an origin that is not allowed sends `request`. Browsers name the origin of every POST, also to the
   * page's own host, so this stops pages that reach the server under a name they control (DNS rebinding).
   */
  isForeign(request: NodeRequest): boolean {
    const origin = headerOf(request, "origin");
    return origin !== undefined && !this.#allows(origin);
  }

  /** Lets the page read the answer; answers true when `request` was a preflight, which is then done. */
  answer(request: NodeRequest, response: NodeResponse): boolean {
    const origin = headerOf(request, "origin");
    if (origin !== undefined && this.#allows(origin)) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", cors.exposedHeaders.join(", "));
      response.setHeader("vary", "origin");
    }
    if (request.method !== "OPTIONS") return false;
    response.setHeader("access-control-allow-methods", "POST");
    response.setHeader("access-control-allow-headers", [...cors.allowedHeaders, "authorization"].join(", "));
    response.setHeader("access-control-max-age", PREFLIGHT_SECONDS);
    send(request, response, 204);
    return true;
  }
}
