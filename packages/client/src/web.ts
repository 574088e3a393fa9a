/** `@grep11/client/web`: connects to the HSM from a browser, through fetch. The server must allow the page's origin (CORS). */
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import * as connectWeb from "@connectrpc/connect-web";
import { bearerInterceptor, type TokenSource } from "./transport/bearer.ts";

export type { TokenSource } from "./transport/bearer.ts";
export { type IamOptions, iamTokenSource } from "./transport/iam-token.ts";

/** Where to connect to, and how. */
export interface WebTransportOptions {
  /** The URL of the service, such as `https://hsm.example:9877`, or "/" for the page's own origin. */
  readonly baseUrl: string;
  /** Sends a bearer token with every call; a string is a constant token. */
  readonly auth?: TokenSource | string;
  /** Replaces the global fetch, for instance to send cookies. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Returns a transport with the Connect protocol and binary messages. */
export function createConnectTransport(options: WebTransportOptions): Transport {
  return connectWeb.createConnectTransport({ ...fetchOptions(options), useBinaryFormat: true });
}

/** Returns a transport with gRPC-Web, which gRPC proxies support. */
export function createGrpcWebTransport(options: WebTransportOptions): Transport {
  return connectWeb.createGrpcWebTransport(fetchOptions(options));
}

function fetchOptions({ baseUrl, auth, fetch = globalThis.fetch }: WebTransportOptions) {
  return {
    baseUrl,
    interceptors: auth === undefined ? [] : [bearerInterceptor(typeof auth === "string" ? () => auth : auth)],
    fetch: withUnavailable(fetch),
  };
}

/** Wraps `fetch` so that its TypeErrors for an unreachable server become UNAVAILABLE, and calls are retried. */
function withUnavailable(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (...request) => {
    try {
      return await fetch(...request);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new ConnectError(error.message, Code.Unavailable, undefined, undefined, error);
    }
  };
}
