/** Handles calls from web pages by the Fetch standard's CORS protocol, and detects pages of origins that are not allowed. */
import { cors } from "@connectrpc/connect";
import type { HttpExchange } from "./http-exchange.ts";

const PREFLIGHT_SECONDS = "7200";
/**
 * The headers that GREP11 clients send. A page of an allowed origin may request other headers too, because any header
 * can be gRPC metadata.
 */
const HEADERS = [...cors.allowedHeaders, "authorization", "bluemix-instance"].map((name) => name.toLowerCase());
/** Matches a field name (RFC 9110 section 5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The CORS rules of one listener. */
export class Cors {
  readonly #origins: ReadonlySet<string>;

  /** "*" allows all origins. An origin may have "*" as its port, which allows every port of the host: `http://localhost:*`. */
  constructor(allowedOrigins: readonly string[] = []) {
    this.#origins = new Set(allowedOrigins);
  }

  #allows(origin: string): boolean {
    return this.#origins.has("*") || this.#origins.has(origin) || this.#origins.has(origin.replace(/(:\d+)?$/, ":*"));
  }

  /**
   * Returns whether `exchange` was sent by a page of an origin that is not allowed. Browsers send the origin with every
   * POST, even to the page's own host. So this also stops pages that reach the server by a host name they control (DNS
   * rebinding).
   */
  isForeign(exchange: HttpExchange): boolean {
    const origin = exchange.header("origin");
    return origin !== undefined && !this.#allows(origin);
  }

  /** Allows the page to read the response. If `exchange` is a preflight, responds to it and returns true. */
  respond(exchange: HttpExchange): boolean {
    const origin = exchange.header("origin");
    const allowed = origin !== undefined && this.#allows(origin);
    if (allowed) {
      exchange.setHeader("access-control-allow-origin", origin);
      exchange.setHeader("access-control-expose-headers", cors.exposedHeaders.join(", "));
      exchange.setHeader("vary", "origin");
    }
    if (exchange.method !== "OPTIONS") return false;
    const wanted = allowed ? (exchange.header("access-control-request-headers") ?? "") : "";
    const headers = new Set([...HEADERS, ...wanted.toLowerCase().split(/[\s,]+/)].filter((name) => TOKEN.test(name)));
    exchange.setHeader("access-control-allow-methods", "POST");
    exchange.setHeader("access-control-allow-headers", [...headers].join(", "));
    exchange.setHeader("access-control-max-age", PREFLIGHT_SECONDS);
    exchange.send({ status: 204, fields: [] });
    return true;
  }
}
