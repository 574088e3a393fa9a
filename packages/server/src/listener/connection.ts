/** One connection to a listener, whatever it speaks. */
import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { Allowance } from "../limits/allowance.ts";
import { KNOWN_CALLER, UNKNOWN_CALLER } from "../limits/misuse.ts";
import type { Peer, PeerCertificate } from "../options.ts";
import { networkOf } from "./network.ts";

const MIB = 1024 * 1024;
/** What a client may send ahead of its calls being read, over all streams of an HTTP/2 connection and over each. */
const WINDOW_BYTES = 4 * MIB;
const STREAM_WINDOW_BYTES = MIB;

/** Keeps track of all connections of a server. */
export interface ConnectionKeeper {
  /** `connection` has misused the server `times` more. Returns false if it, or its network, has done so too often. */
  misused(connection: Connection, times: number): boolean;
  /** `connection` ends because it has broken the protocol. */
  broken(connection: Connection): void;
  /** Whether calls of its network are watched more closely at present. */
  isRestricted(connection: Connection): boolean;
}

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
  /** Undefined for a connection that is not counted. */
  keeper: ConnectionKeeper | undefined;
  /** How much it may misuse the server. */
  readonly misuse = new Allowance(UNKNOWN_CALLER, performance.now());
  /** How many requests it has carried. */
  requests = 0;
  /** Set when it is cut: whatever still arrives over it is ignored. */
  isCut = false;
  readonly #socket: Socket;
  #isStranger = true;
  #calls = 0;
  #unseen = 0;
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
    if (this.keeper?.isRestricted(this) !== true) this.misuse.widen(KNOWN_CALLER);
    // One large body would else fill the window, and slow all streams together.
    if (this.session === undefined || this.session.destroyed) return;
    this.session.setLocalWindowSize(WINDOW_BYTES);
    this.session.settings({ initialWindowSize: STREAM_WINDOW_BYTES });
  }

  /** `completed`: the caller did not cancel it before the response. */
  callEnded(completed: boolean): void {
    this.#calls -= 1;
    this.#quietSince = performance.now();
    if (completed) this.misuse.earn(1);
  }

  /**
   * Counts streams that never became a request, as nghttp2 has refused their heads without telling anybody: too many fields, or
   * fields that HTTP forbids. A client may skip numbers of streams (RFC 9113 section 5.1.1), but has no reason to skip many.
   */
  countUnseen(): void {
    if (this.isCut || this.session === undefined || this.session.destroyed) return;
    const begun = Math.ceil((this.session.state.lastProcStreamID ?? 0) / 2);
    const unseen = begun - this.requests - this.#unseen;
    if (unseen <= 0) return;
    this.#unseen += unseen;
    this.misused(unseen);
  }

  /** nghttp2 ends it because its peer breaks the protocol. */
  broken(): void {
    if (!this.isCut) this.keeper?.broken(this);
    this.isCut = true;
  }

  /** Counts requests that led to no admitted call (misuse.ts). Too many of them end the connection. */
  misused(times = 1): void {
    if (this.isCut || this.keeper === undefined || this.keeper.misused(this, times)) return;
    this.isCut = true;
    if (this.session?.destroyed === false) this.session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // Node is still processing what it has read, and sends GOAWAY after that.
    setImmediate(() => this.cut());
  }

  /** Takes no more calls. What is still open when it is asked again, such as health watches, is cut. */
  end(): void {
    if (this.session === undefined || this.session.closed) this.cut();
    else this.session.close();
  }

  /** Ends at once, over HTTP/2 with GOAWAY: clients send elsewhere what was not begun. */
  cut(): void {
    this.isCut = true;
    this.session?.destroy();
    this.#socket.destroy();
  }
}
