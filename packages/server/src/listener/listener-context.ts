/** What a listener adds to the requests that come in by it. */
import type { ServerHttp2Stream } from "node:http2";
import type { BearerVerifier } from "../options.ts";
import type { Cors } from "../routes/cors.ts";
import type { NodeRequest } from "../routes/node.ts";
import type { Connection } from "./connection.ts";

/** One for a listener. */
export interface Entrance {
  /** Undefined: no bearer token is needed. */
  readonly bearer: BearerVerifier | undefined;
  readonly cors: Cors;
  /** The connection that brought `request`. */
  connectionOf(request: NodeRequest | ServerHttp2Stream): Connection;
}
