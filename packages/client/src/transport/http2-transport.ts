/**
 * Connect's Transport for gRPC straight over node:http2: a fifth of the cost of Connect's own, which goes through fetch-like
 * objects and async iterators. Connect's interceptors do not exist here; those of createGrep11Client work over every transport.
 */
import type { OutgoingHttpHeaders } from "node:http2";
import * as protobuf from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport, type UnaryResponse } from "@connectrpc/connect";
import { createGrpcTransport as createConnectGrpcTransport } from "@connectrpc/connect-node";
import { bearerInterceptor, type TokenSource, withToken } from "./bearer.ts";
import { callUnary, grpcTimeout, type UnaryAnswer, webHeaders } from "./grpc-unary.ts";
import type { Http2Pool } from "./http2-pool.ts";

/** Connect wants an address for its URLs; the connections of the pool know theirs. */
const STREAMING_BASE_URL = "http://pool.invalid";

/** What a transport over a pool needs besides. */
export interface Http2TransportOptions {
  /** Sends a bearer token with every call. */
  readonly auth: TokenSource | undefined;
  /** Most bytes of an answer. */
  readonly readMaxBytes: number;
}

/**
 * A transport over the connections of `pool`. A server that cannot be reached or says UNAVAILABLE is left out for a
 * while; repeating the call is the business of the client. Streaming calls take Connect's way, over the same connections.
 */
export function createHttp2Transport(pool: Http2Pool, options: Http2TransportOptions): Transport {
  const { auth, readMaxBytes } = options;
  const streaming = createConnectGrpcTransport({
    baseUrl: STREAMING_BASE_URL,
    sessionManager: {
      authority: STREAMING_BASE_URL,
      request: async (method, path, headers) =>
        pool.next().connection.request({ ...headers, ":method": method, ":path": path }),
      notifyResponseByteRead: () => undefined,
    },
    interceptors: auth === undefined ? [] : [bearerInterceptor(auth)],
    acceptCompression: [],
    readMaxBytes,
  });

  async function attempt(
    headers: OutgoingHttpHeaders,
    message: Uint8Array,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
  ): Promise<UnaryAnswer> {
    const { server, connection } = pool.next();
    try {
      const answer = await callUnary(connection.request(headers), message, { signal, timeoutMs, readMaxBytes });
      server.answered();
      return answer;
    } catch (error) {
      if (error instanceof ConnectError && error.code === Code.Unavailable) server.unavailable();
      throw error;
    }
  }

  return {
    async unary<I extends protobuf.DescMessage, O extends protobuf.DescMessage>(
      method: protobuf.DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: Parameters<Transport["unary"]>[3],
      input: protobuf.MessageInitShape<I>,
    ): Promise<UnaryResponse<I, O>> {
      const headers: OutgoingHttpHeaders = {
        "user-agent": "grep11",
        ...(header === undefined ? {} : Object.fromEntries(new Headers(header))),
        ":method": "POST",
        ":path": `/${method.parent.typeName}/${method.name}`,
        "content-type": "application/grpc+proto",
        te: "trailers",
        ...(timeoutMs === undefined ? {} : { "grpc-timeout": grpcTimeout(timeoutMs) }),
      };
      const message = protobuf.toBinary(method.input, protobuf.create(method.input, input));
      const send = (token?: string) =>
        attempt(
          token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
          message,
          signal,
          timeoutMs,
        );
      const answer = await (auth === undefined ? send() : withToken(auth, send));
      return {
        stream: false,
        service: method.parent,
        method,
        message: parse(method.output, answer.message),
        get header() {
          return webHeaders(answer.headers);
        },
        get trailer() {
          return webHeaders(answer.trailers);
        },
      };
    },
    stream: streaming.stream.bind(streaming),
  };
}

/** Errors: INTERNAL for bytes that are no such message. */
function parse<O extends protobuf.DescMessage>(schema: O, bytes: Uint8Array): protobuf.MessageShape<O> {
  try {
    return protobuf.fromBinary(schema, bytes);
  } catch (cause) {
    throw new ConnectError(`the answer is no ${schema.name}`, Code.Internal, undefined, undefined, cause);
  }
}
