/**
 * Creates Connect's own gRPC transport, on node:http2. It takes several times as much processor time as
 * grpc-transport.ts.
 */
import type { ConnectionOptions } from "node:tls";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { ErrorCode } from "@grep11/http2";
import { bearerInterceptor } from "./bearer.ts";
import type { TransportOptions } from "./grpc-transport.ts";
import { connectErrorOf, type Keepalive } from "./http2-socket.ts";
import { Pool, type PoolOptions } from "./pool.ts";

/**
 * Options for every connection.
 * - `maxSessionMemory`, in MB, is raised. node:http2 counts data that waits to be sent, and at the default of 10 MB
 *   refuses incoming responses. Here that data belongs to the program and is in memory anyway.
 * - `initialWindowSize`, in bytes, is large enough for most responses to arrive without a pause.
 */
const SESSION_OPTIONS = { maxSessionMemory: 1_000_000, settings: { enablePush: false, initialWindowSize: 1 << 20 } };

/** Matches the messages with which node:http2 and Connect report that a stream was reset. */
const RESET = /error code (?:NGHTTP2_)?([A-Z_]+)/;

/** The options of {@link createConnectTransport}. */
export interface ConnectTransportOptions extends TransportOptions, Omit<PoolOptions<never>, "create"> {
  readonly tls: ConnectionOptions;
  readonly keepalive: Keepalive;
}

/**
 * Returns a transport with the same pool of connections and the same errors as grpc-transport.ts, except for two
 * differences. Connect has other codes for responses that are not exactly one message. It resets an abandoned call with
 * INTERNAL_ERROR.
 */
export function createConnectTransport(options: ConnectTransportOptions): Transport & { close(): void } {
  const { auth, readMaxBytes, tls, keepalive } = options;
  const pool = new Pool({
    ...options,
    create(origin) {
      const sessionManager = new Http2SessionManager(
        origin,
        { pingIntervalMs: keepalive.intervalMs, pingTimeoutMs: keepalive.timeoutMs },
        { ...SESSION_OPTIONS, ...tls },
      );
      const transport = createGrpcTransport({
        baseUrl: origin,
        sessionManager,
        interceptors: auth === undefined ? [] : [bearerInterceptor(auth)],
        // Compression is off, because ciphertext does not compress.
        acceptCompression: [],
        readMaxBytes,
      });
      return { transport, close: () => sessionManager.abort() };
    },
  });
  return {
    unary: (...args) => pool.call(({ transport }) => transport.unary(...args).catch(rethrow)),
    stream: (...args) => pool.call(({ transport }) => transport.stream(...args)),
    close: () => pool.close(),
  };
}

/** If `thrown` reports that a stream was reset, throws the ConnectError for it. Otherwise throws `thrown` itself. */
function rethrow(thrown: unknown): never {
  const name = RESET.exec(ConnectError.from(thrown).rawMessage)?.[1] as keyof typeof ErrorCode | undefined;
  throw name !== undefined && name in ErrorCode ? connectErrorOf(ErrorCode[name]) : thrown;
}
