/**
 * `@grep11/client/web` connects to the HSM from a browser, with fetch. The server must allow the page's origin (CORS).
 */
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import * as connectWeb from "@connectrpc/connect-web";
import { bearerInterceptor, type TokenSource } from "./transport/bearer.ts";

export type { TokenSource } from "./transport/bearer.ts";
export { type IamOptions, iamTokenSource } from "./transport/iam-token.ts";

/** The options of a transport for browsers. */
export interface WebTransportOptions {
  /** The URL of the service, such as `https://hsm.example:9877`, or "/" for the page's own origin. */
  readonly baseUrl: string;
  /** The source of the bearer token that is sent with every call. A string is a constant token. */
  readonly auth?: TokenSource | string;
  /** Replaces the global fetch, for example to send cookies. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Returns a transport that uses the Connect protocol with binary messages. */
export function createConnectTransport(options: WebTransportOptions): Transport {
  return connectWeb.createConnectTransport({ ...fetchOptions(options), useBinaryFormat: true });
}

/** Returns a transport that uses gRPC-Web, which gRPC proxies support. */
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

/** Wraps `fetch`. Its TypeError for an unreachable server becomes UNAVAILABLE, so that the call is retried. */
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
