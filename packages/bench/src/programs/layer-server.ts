/**
 * The server variant `layer` runs only the HTTP/2 layer of this project. It sends a prepared response to every request.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { ServerConnection, type Stream, type StreamReceiver } from "@grep11/http2";
import { serveParent } from "../child.ts";
import type { WireCall } from "../grpc-load.ts";

const HEAD = [":status", "200", "content-type", "application/grpc+proto"];
const TRAILERS = ["grpc-status", "0"];
const WINDOW_BYTES = 8 << 20;
let replies: ReadonlyMap<string, Uint8Array> = new Map();

const handlers = {
  /** Starts the server and returns its port. */
  async start(): Promise<number> {
    const server = createServer(serve);
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
export type LayerServerProgram = typeof handlers;
serveParent(handlers);

/**
 * Moves bytes between a socket and the HTTP/2 layer as our server does. All output of one turn of the event loop is
 * sent in one write.
 */
function serve(socket: Socket): void {
  const connection = new ServerConnection(
    {
      output: () => setImmediate(flush),
      request: (stream, { path }) => receiver(stream, replies.get(path) ?? Buffer.alloc(5)),
    },
    { streamWindowBytes: WINDOW_BYTES, connectionWindowBytes: WINDOW_BYTES },
  );
  function flush(): void {
    socket.cork();
    for (let chunks = connection.take(); chunks.length > 0; chunks = connection.take()) {
      for (const chunk of chunks) socket.write(chunk);
    }
    socket.uncork();
  }
  socket.setNoDelay();
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => connection.receive(bytes, performance.now()));
  connection.start();
}

function receiver(stream: Stream, reply: Uint8Array): StreamReceiver {
  return {
    data: (piece) => stream.consume(piece.length),
    end() {
      stream.respond(HEAD);
      stream.end(reply, TRAILERS);
    },
    closed: () => undefined,
  };
}
