/**
 * Puts load on a server. To save processor time, the client sends prepared requests and does not decode the responses.
 */
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { type Latency, latencyOf } from "grep11";

/** An encoded request or response of an RPC. */
export interface WireCall {
  /** The path of the RPC, such as "/grep11.Crypto/SignSingle". */
  readonly path: string;
  readonly contentType: string;
  /** The encoded message. In gRPC and gRPC-Web it includes the 5-byte envelope; in Connect there is no envelope. */
  readonly body: Uint8Array;
}

/** Says what to send, and to which server. */
export interface LoadPlan {
  readonly port: number;
  /** The CA certificate in PEM that issued the server's certificate. If absent, the connections are not encrypted. */
  readonly ca?: string;
  /** The calls to make. After the last one, the first one follows again. */
  readonly calls: readonly WireCall[];
  /** How many calls run at the same time. */
  readonly concurrency: number;
  /** How many HTTP/2 connections the calls are spread over. */
  readonly connections: number;
  readonly seconds: number;
  /** The load ends after this many calls, even if the time is not over. */
  readonly most?: number;
  /** Bearer tokens, assigned to the concurrent calls in rotation. An empty string means that the call has no token. */
  readonly tokens: readonly string[];
  /**
   * If true, calls with a grpc-status other than 0 are counted as failures. Otherwise the first such call is an error.
   */
  readonly mayFail?: true;
}

/** The result of a load. Latencies are in milliseconds. */
export interface LoadResult {
  readonly succeeded: number;
  readonly refused: number;
  readonly seconds: number;
  readonly latency: Latency;
  /** How much processor time this process used, in microseconds. */
  readonly clientCpuMicroseconds: number;
}

/** The size of the flow-control windows in bytes. They are so large that the server never waits for this process. */
const WINDOW_BYTES = 8 << 20;

/** Sends calls for `seconds`. Resolves when the last call has completed. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const sessions: ClientHttp2Session[] = [];
  // Connections are opened one after the other. If they were opened together, one server process could accept most of
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

/**
 * Makes one call and returns its grpc-status. For a call in the Connect protocol, it returns "0" on success and the
 * HTTP status on failure.
 */
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
    // In gRPC-Web, the trailers are sent at the end of the body.
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
 * Connects to a server on this machine. Resolves when the server has accepted the connection. Rejects with the errors
 * of node:net, such as ECONNREFUSED.
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
