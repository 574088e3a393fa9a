/** What requests get from the listener that receives them. */
import type { ServerHttp2Stream } from "node:http2";
import type { Connection } from "../listener/connection.ts";
import type { NodeRequest } from "../listener/node.ts";
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
