/** What requests get from the listener that receives them. */
import type { ServerHttp2Stream } from "node:http2";
import type { Connection } from "../listener/connection.ts";
import type { NodeRequest, NodeResponse } from "../listener/node.ts";
import type { BearerVerifier } from "../options.ts";
import type { Cors } from "./cors.ts";

/** One for each listener. */
export interface ListenerContext {
  /** Undefined: no bearer token is needed. */
  readonly bearer: BearerVerifier | undefined;
  readonly cors: Cors;
  /** The connection that carries `request`. */
  connectionOf(request: NodeRequest | ServerHttp2Stream): Connection;
}

/** A request of node:http or node:http2, with all that is known of where it comes from and where it goes. */
export interface Incoming {
  readonly listener: ListenerContext;
  readonly connection: Connection;
  /** Without the query. */
  readonly path: string;
  /** The name of the RPC in error details. */
  readonly rpc: string;
  readonly request: NodeRequest;
  readonly response: NodeResponse;
}
