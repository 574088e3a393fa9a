/** Load on a gRPC server by the least client there can be: node:http2, requests made beforehand, answers only counted. */
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { type Latency, latencyOf } from "grep11";

/** One request as it goes over the wire. */
export interface WireCall {
  /** Such as "/grep11.Crypto/SignSingle". */
  readonly path: string;
  /** The message in its gRPC envelope. */
  readonly frame: Uint8Array;
}

/** What to send where. */
export interface LoadPlan {
  readonly port: number;
  /** Sent in turn. */
  readonly calls: readonly WireCall[];
  /** Calls under way at once. */
  readonly concurrency: number;
  /** HTTP/2 connections the calls are spread over. */
  readonly connections: number;
  readonly seconds: number;
  /** Bearer tokens, one for each call under way in turn. */
  readonly tokens: readonly string[];
  /** Refusals of the service (a grpc-status other than 0) are counted; without this the first one is an error. */
  readonly mayFail?: true;
}

/** What happened; latency in milliseconds. */
export interface LoadResult {
  readonly answered: number;
  readonly refused: number;
  readonly seconds: number;
  readonly latency: Latency;
  /** Processor time of this process, in microseconds. */
  readonly clientCpuMicroseconds: number;
}

/** Room for answers on the way, so that flow control does not wait for this process. */
const WINDOW_BYTES = 8 << 20;

/** Sends calls until `seconds` are over and the last one is answered. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const sessions: ClientHttp2Session[] = [];
  // One after the other: of a burst, the first of several server processes takes what it can get.
  while (sessions.length < plan.connections) sessions.push(await openSession(plan.port));
  const times: number[] = [];
  let refused = 0;
  let next = 0;
  const usage = process.cpuUsage();
  const began = performance.now();
  const until = began + plan.seconds * 1000;
  async function worker(index: number): Promise<void> {
    const session = sessions[index % sessions.length]!;
    const authorization = `Bearer ${plan.tokens[index % plan.tokens.length]}`;
    for (let now = performance.now(); now < until; now = performance.now()) {
      const status = await send(session, plan.calls[next++ % plan.calls.length]!, authorization);
      if (status === "0") times.push(performance.now() - now);
      else if (plan.mayFail) refused += 1;
      else throw new Error(`the server answered with grpc-status ${status}`);
    }
  }
  try {
    await Promise.all(Array.from({ length: plan.concurrency }, (_, index) => worker(index)));
  } finally {
    for (const session of sessions) session.close();
  }
  const { user, system } = process.cpuUsage(usage);
  const seconds = (performance.now() - began) / 1000;
  return { answered: times.length, refused, seconds, latency: latencyOf(times), clientCpuMicroseconds: user + system };
}

/** One call; answers its grpc-status. */
export function send(session: ClientHttp2Session, { path, frame }: WireCall, authorization: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: path,
    "content-type": "application/grpc",
    te: "trailers",
    authorization,
  });
  let status = "none";
  const note = (headers: Readonly<Record<string, unknown>>): void => {
    if (headers["grpc-status"] !== undefined) status = String(headers["grpc-status"]);
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.once("error", reject);
  stream.once("close", () => resolve(status));
  stream.resume();
  stream.end(frame);
  return promise;
}

/** A connection that a server on this machine has taken. Errors: those of node:net, such as ECONNREFUSED. */
export async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session.once("remoteSettings", () => resolve());
  session.once("error", reject);
  await promise;
  session.setLocalWindowSize(WINDOW_BYTES);
  return session;
}
