/**
 * A server for h2spec and for experiments: `node scripts/hello-server.ts [port]`. Build first: `tsc -b packages/http2`.
 */
import net from "node:net";
import { ServerConnection } from "../dist/index.js";

const HELLO = new TextEncoder().encode("hello world");

const server = net.createServer({ noDelay: true }, (socket) => {
  let isWaiting = false;
  /** Writes until no output is left or the socket does not accept more. */
  const write = () => {
    isWaiting = false;
    for (let chunks = connection.take(); chunks.length > 0; chunks = connection.take()) {
      const mayWriteMore = chunks.map((chunk) => socket.write(chunk)).at(-1);
      if (!mayWriteMore) {
        isWaiting = true;
        socket.once("drain", write);
        return;
      }
    }
    if (connection.isOver) socket.end();
  };
  const connection = new ServerConnection({
    output() {
      if (!isWaiting) setImmediate(write);
      isWaiting = true;
    },
    request: (stream) => ({
      data: (piece) => stream.consume(piece.length),
      end() {
        stream.respond([":status", "200", "content-type", "text/plain"]);
        stream.end(HELLO);
      },
      closed() {},
    }),
  });
  connection.start();
  socket.on("data", (bytes) => connection.receive(bytes, performance.now()));
  socket.on("close", () => connection.disconnected());
  socket.on("error", () => {});
});

server.listen(Number(process.argv[2] ?? 8080));
