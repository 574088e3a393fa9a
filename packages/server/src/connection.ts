/** One connection to a listener, whatever it speaks. */
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { networkOf } from "./network.ts";
import type { Peer, PeerCertificate } from "./options.ts";

const MIB = 1024 * 1024;
/** What a client may send ahead of its calls being read, over all streams of an HTTP/2 connection and over each. */
const WINDOW_BYTES = 4 * MIB;
const STREAM_WINDOW_BYTES = MIB;

/**
 * Knows how useful it is. Only admitted calls count: whoever has none is a stranger, however many health checks and refused
 * calls it sends, and has no larger windows than the 64 KiB that HTTP/2 begins with.
 */
export class Connection {
  /** The other end. */
  peer: Peer;
  /** By which connections are counted (networkOf). */
  readonly network: string;
  /** Set when it turns out to speak HTTP/2. */
  session: ServerHttp2Session | undefined;
  /** Calls of the health service that are open, which nobody needs a credential for. */
  probes = 0;
  readonly #socket: Socket;
  #isStranger = true;
  #calls = 0;
  #quietSince = performance.now();

  /** `socket` is that of TCP. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = { address: socket.remoteAddress };
    this.network = networkOf(socket.remoteAddress);
  }

  /** TLS has verified `certificate`. */
  identify(certificate: PeerCertificate): void {
    this.peer = { ...this.peer, certificate };
  }

  /** Whether no call was ever admitted. */
  get isStranger(): boolean {
    return this.#isStranger;
  }

  /** Milliseconds since the last admitted call ended, or since the connection began; 0 while one runs. */
  quietMs(now: number): number {
    return this.#calls > 0 ? 0 : now - this.#quietSince;
  }

  /** A call was admitted; `callEnded` follows. */
  callAdmitted(): void {
    this.#calls += 1;
    if (!this.#isStranger) return;
    this.#isStranger = false;
    // One large body would else fill the window, and slow all streams together.
    if (this.session === undefined || this.session.destroyed) return;
    this.session.setLocalWindowSize(WINDOW_BYTES);
    this.session.settings({ initialWindowSize: STREAM_WINDOW_BYTES });
  }

  callEnded(): void {
    this.#calls -= 1;
    this.#quietSince = performance.now();
  }

  /** Takes no more calls. What is still open when it is asked again, such as health watches, is cut. */
  end(): void {
    if (this.session === undefined || this.session.closed) this.cut();
    else this.session.close();
  }

  /** Ends at once, over HTTP/2 with GOAWAY: clients send elsewhere what was not begun. */
  cut(): void {
    this.session?.destroy();
    this.#socket.destroy();
  }
}
