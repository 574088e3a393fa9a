/** A gRPC server whose responses the test decides, and calls to it. */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Code, ConnectError, Transport } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { codecs, wire } from "@grep11/proto";
import { afterEach } from "vitest";
import { createTestTransport } from "./transport.ts";

export type Answer = (stream: ServerHttp2Stream) => void;
/** Called after each test. */
export const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Starts a server that handles every stream with `answer` and counts what it receives. */
export async function serve(answer: Answer = succeed, port = 0, settings: Settings = {}) {
  const sessions = new Set<ServerHttp2Session>();
  const seen = { streams: 0, resets: [] as number[], headers: [] as IncomingHttpHeaders[], sessions: 0 };
  const server = createServer({ settings });
  server.on("session", (session) => {
    seen.sessions++;
    sessions.add(session);
    session.on("error", () => undefined).once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    seen.streams++;
    seen.headers.push(headers);
    stream.on("error", () => undefined);
    stream.once("close", () => seen.resets.push(stream.rstCode));
    answer(stream);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    for (const session of sessions) session.destroy();
  };
  closers.push(stop);
  return { seen, sessions, stop, port: (server.address() as AddressInfo).port };
}

export const FOUR_BYTES = codecs.generateRandom.response.serialise(
  codecs.generateRandom.response.encode({ rnd: Uint8Array.of(1, 2, 3, 4) }),
);
export const GOOD = { ":status": 200, "content-type": "application/grpc" };

interface Shape {
  readonly headers?: Record<string, string | number>;
  readonly body?: readonly Uint8Array[];
  readonly trailers?: Record<string, string>;
}

/** Sends a response when the request has ended. */
export function reply({
  headers = GOOD,
  body = [encodeEnvelope(0, FOUR_BYTES)],
  trailers = { "grpc-status": "0" },
}: Shape = {}): Answer {
  return (stream) => {
    stream.resume().once("end", () => {
      if (stream.destroyed) return;
      stream.once("wantTrailers", () => stream.sendTrailers(trailers));
      stream.respond(headers, { waitForTrailers: true });
      for (const part of body) stream.write(part);
      stream.end();
    });
  };
}
export const succeed = reply();

/** Returns a transport to these ports of this machine. */
export function transportTo(...ports: number[]) {
  const transport = createTestTransport({ address: ports.map((port) => `127.0.0.1:${port}`) });
  closers.push(() => transport.close());
  return transport;
}
/** Asks for four random bytes. */
export const ask = (transport: Pick<Transport, "unary">, signal?: AbortSignal, timeoutMs?: number) =>
  transport.unary(wire.Crypto.method.generateRandom, signal, timeoutMs, undefined, { Len: 4n });
/** Returns the gRPC code with which a call fails, or undefined. */
export const codeOf = async (call: Promise<unknown>): Promise<Code | undefined> =>
  call.then(
    () => undefined,
    (error: unknown) => (error as ConnectError).code,
  );
