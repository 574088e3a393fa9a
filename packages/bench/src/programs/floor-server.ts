/**
 * The server variant `floor` is the cheapest possible server on plain node:http2. It waits for the end of the request
 * and sends a prepared response with gRPC trailers.
 */
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { serveParent } from "../child.ts";
import type { WireCall } from "../grpc-load.ts";

const HEAD = { ":status": 200, "content-type": "application/grpc+proto" };
const TRAILERS = { "grpc-status": "0" };
let replies: ReadonlyMap<string, Uint8Array> = new Map();

const handlers = {
  /** Starts the server and returns its port. */
  async start(): Promise<number> {
    const server = createServer({ settings: { initialWindowSize: 8 << 20 } });
    server.on("session", (session) => session.setLocalWindowSize(8 << 20));
    server.on("stream", (stream, headers) => {
      const frame = replies.get(headers[":path"] ?? "") ?? Buffer.alloc(5);
      stream.on("error", () => undefined);
      stream.on("wantTrailers", () => stream.sendTrailers(TRAILERS));
      stream.on("end", () => {
        stream.respond(HEAD, { waitForTrailers: true });
        stream.end(frame);
      });
      stream.resume();
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return (server.address() as AddressInfo).port;
  },
  /** Sets the response to each path. Later calls of that path receive its `body`. */
  reply(responses: readonly WireCall[]): void {
    replies = new Map(responses.map(({ path, body }) => [path, body]));
  },
};
export type FloorServerProgram = typeof handlers;
serveParent(handlers);
