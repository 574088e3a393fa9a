/** Sends HTTP/1 requests over a socket, so that tests can send what correct clients never send. */
import { connect } from "node:net";

/** The response: its status (0 if the connection ended without a response), and its head and body as text. */
export interface RawHttp1Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends `request` unchanged, and waits until the server closes the connection or `timeoutMs` milliseconds have passed. */
export function sendHttp1(port: number, request: string | Uint8Array, timeoutMs = 5_000): Promise<RawHttp1Answer> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.once("close", () => {
      clearTimeout(timer);
      const [head = "", ...rest] = Buffer.concat(chunks).toString("latin1").split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, head, body: rest.join("\r\n\r\n") });
    });
    socket.write(request);
  });
}
