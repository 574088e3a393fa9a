/** Puts load on a server with a minimal client: node:http2, prepared requests, and responses that are only counted. */
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { type Latency, latencyOf } from "grep11";

/** An encoded request. */
export interface WireCall {
  /** The path of the RPC, such as "/grep11.Crypto/SignSingle". */
  readonly path: string;
  readonly contentType: string;
  /** The message; in its envelope, unless the protocol is Connect. */
  readonly body: Uint8Array;
}

/** What to send, and to which server. */
export interface LoadPlan {
  readonly port: number;
  /** The certificate of the CA that issued the server's, in PEM; without it, the connections are not encrypted. */
  readonly ca?: string;
  /** The calls to make, in rotation. */
  readonly calls: readonly WireCall[];
  /** How many calls run at the same time. */
  readonly concurrency: number;
  /** How many HTTP/2 connections the calls are spread over. */
  readonly connections: number;
  readonly seconds: number;
  /** After how many calls the load ends, even if the time is not over. */
  readonly most?: number;
  /** Bearer tokens, or "" for none, assigned to the concurrent calls in rotation. */
  readonly tokens: readonly string[];
  /**
   * Whether failed calls (those with a status other than 0) are only counted. If absent, the first failed call is an error.
   */
  readonly mayFail?: true;
}

/** The result of a load. Latencies are in milliseconds. */
export interface LoadResult {
  readonly succeeded: number;
  readonly refused: number;
  readonly seconds: number;
  readonly latency: Latency;
  /** Processor time of this process, in microseconds. */
  readonly clientCpuMicroseconds: number;
}

/** Size of the flow-control window in bytes, large enough that the server never waits for this process. */
const WINDOW_BYTES = 8 << 20;

/** Sends calls for `seconds`, and resolves when the last one has completed. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const sessions: ClientHttp2Session[] = [];
  // Opens them one after the other: if they were opened at the same time, one of several server processes might accept most of
  // them.
  while (sessions.length < plan.connections) sessions.push(await openSession(plan));
  const times: number[] = [];
  let refused = 0;
  let next = 0;
  const usage = process.cpuUsage();
  const began = performance.now();
  const until = began + plan.seconds * 1000;
  const { most = Infinity } = plan;
  async function worker(index: number): Promise<void> {
    const session = sessions[index % sessions.length]!;
    const token = plan.tokens[index % plan.tokens.length];
    const authorization = token === "" ? "" : `Bearer ${token}`;
    for (let now = performance.now(); now < until && next < most; now = performance.now()) {
      const status = await send(session, plan.calls[next++ % plan.calls.length]!, authorization);
      if (status === "0") times.push(performance.now() - now);
      else if (plan.mayFail) refused += 1;
      else throw new Error(`the server responded with status ${status}`);
    }
  }
  try {
    await Promise.all(Array.from({ length: plan.concurrency }, (_, index) => worker(index)));
  } finally {
    for (const session of sessions) session.close();
  }
  const { user, system } = process.cpuUsage(usage);
  const seconds = (performance.now() - began) / 1000;
  return { succeeded: times.length, refused, seconds, latency: latencyOf(times), clientCpuMicroseconds: user + system };
}

/** Makes one call and returns its grpc-status; with Connect, "0" if it succeeded, else the HTTP status. */
export function send(
  session: ClientHttp2Session,
  { path, contentType, body }: WireCall,
  authorization: string,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: path,
    "content-type": contentType,
    te: "trailers",
    authorization,
  });
  const isConnect = !contentType.startsWith("application/grpc");
  let status = "none";
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    if (headers["grpc-status"] !== undefined) status = String(headers["grpc-status"]);
    else if (isConnect) status = headers[":status"] === 200 ? "0" : String(headers[":status"]);
  };
  stream.on("response", note);
  stream.on("trailers", note);
  if (contentType.startsWith("application/grpc-web")) {
    // The trailers of gRPC-Web are the end of the body.
    stream.on("data", (piece: Buffer) => {
      status = /grpc-status: *(\d+)/.exec(piece.toString("latin1"))?.[1] ?? status;
    });
  }
  stream.once("error", reject);
  stream.once("close", () => resolve(status));
  stream.resume();
  stream.end(body);
  return promise;
}

/**
 * Connects to a server on this machine; resolves when it has accepted the connection. Errors: those of node:net, such as
 * ECONNREFUSED.
 */
export async function openSession({ port, ca }: Pick<LoadPlan, "port" | "ca">): Promise<ClientHttp2Session> {
  const session = connect(`${ca === undefined ? "http" : "https"}://127.0.0.1:${port}`, {
    settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
    ...(ca === undefined ? {} : { ca }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session.once("remoteSettings", () => resolve());
  session.once("error", reject);
  await promise;
  session.setLocalWindowSize(WINDOW_BYTES);
  return session;
}
