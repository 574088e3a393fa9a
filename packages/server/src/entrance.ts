/** What a listener adds to the requests that come in by it. */
import type { ServerHttp2Stream } from "node:http2";
import type { Cors } from "./cors.ts";
import type { NodeRequest } from "./node.ts";
import type { BearerVerifier, Peer } from "./options.ts";

/** One for a listener. */
export interface Entrance {
  /** Undefined: no bearer token is needed. */
  readonly bearer: BearerVerifier | undefined;
  readonly cors: Cors;
  /** The other end of the connection that brought `request`. */
  peerOf(request: NodeRequest | ServerHttp2Stream): Peer;
}
