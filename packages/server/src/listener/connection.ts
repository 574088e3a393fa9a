/** One connection to a listener, over HTTP/1.1 or HTTP/2. */
import type { Socket } from "node:net";
import { ErrorCode } from "@grep11/http2";
import { Allowance } from "../limits/allowance.ts";
import { ADMITTED, MOST_WAITING, UNAUTHENTICATED } from "../limits/misuse.ts";
import type { Peer, PeerCertificate } from "../options.ts";
import { networkOf } from "./network.ts";
import type { Session } from "./session.ts";

const MIB = 1024 * 1024;
/** How many bytes a client may send before its calls are read: over all streams of an HTTP/2 connection, and over each stream. */
const WINDOW_BYTES = 4 * MIB;
const STREAM_WINDOW_BYTES = MIB;

/** What the connections from one network use together. */
export interface NetworkUse {
  connections: number;
  /** How many calls wait for admission. */
  waiting: number;
}

/** Keeps track of all connections of a server. */
export interface ConnectionKeeper {
  /** Counts `times` misuses of `connection`. Returns false if there were too many over it or from its network. */
  misused(connection: Connection, times: number): boolean;
  /** Records that `connection` ends because its peer broke the protocol. */
  broken(connection: Connection): void;
  /** Whether the network of `connection` has used up its allowance. */
  isRestricted(connection: Connection): boolean;
}

/**
 * A connection and its use. It is unauthenticated until a call over it is admitted, however many health checks and refused calls
 * it has had. Until then its windows have the initial 64 KiB of HTTP/2.
 */
export class Connection {
  /** The other end. */
  peer: Peer;
  /** The network of the peer, by which connections are counted (networkOf). */
  readonly network: string;
  use: NetworkUse = { connections: 1, waiting: 0 };
  /** The HTTP/2 session; undefined until the connection turns out to be HTTP/2. */
  session: Session | undefined;
  /** How many calls of the health service are open. They need no credential. */
  probes = 0;
  /** Undefined for a connection that is not counted. */
  keeper: ConnectionKeeper | undefined;
  /** The remaining allowance for misuse. */
  readonly misuse = new Allowance(UNAUTHENTICATED, performance.now());
  /** How many requests have arrived over this connection. */
  requests = 0;
  /** Whether the connection is being closed: whatever still arrives over it is ignored. */
  isCut = false;
  readonly #socket: Socket;
  #isUnauthenticated = true;
  #calls = 0;
  #quietSince = performance.now();

  /** `socket` is the TCP socket. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = { address: socket.remoteAddress };
    this.network = networkOf(socket.remoteAddress);
  }

  /** Records `certificate`, which TLS has verified. */
  identify(certificate: PeerCertificate): void {
    this.peer = { ...this.peer, certificate };
  }

  /** Whether no call over this connection has been admitted yet. */
  get isUnauthenticated(): boolean {
    return this.#isUnauthenticated;
  }

  /** Returns the milliseconds since the last admitted call ended, or since the connection began; 0 while a call runs. */
  quietMs(now: number): number {
    return this.#calls > 0 ? 0 : now - this.#quietSince;
  }

  /** Records that a call waits for admission. `callAdmitted` or `callRefused` must follow. Returns false if there are too many. */
  callArrived(): boolean {
    this.use.waiting += 1;
    return this.use.waiting <= MOST_WAITING;
  }

  /** Records that a call has ended that was not admitted. */
  callRefused(): void {
    this.use.waiting -= 1;
  }

  /** Records that a call was admitted. `callEnded` must follow. */
  callAdmitted(): void {
    this.use.waiting -= 1;
    this.#calls += 1;
    if (!this.#isUnauthenticated) return;
    this.#isUnauthenticated = false;
    if (this.keeper?.isRestricted(this) !== true) this.misuse.widen(ADMITTED);
    // Otherwise one large body would fill the window and slow down all streams.
    this.session?.widen(WINDOW_BYTES, STREAM_WINDOW_BYTES);
  }

  /** Records that an admitted call has ended. `completed` means that its caller did not cancel it before the response. */
  callEnded(completed: boolean): void {
    this.#calls -= 1;
    this.#quietSince = performance.now();
    if (completed) this.misuse.earn(1);
  }

  /** Records that the connection ends because its peer broke the protocol. */
  broken(): void {
    if (!this.isCut) this.keeper?.broken(this);
    this.isCut = true;
  }

  /** Counts requests that led to no admitted call (misuse.ts). Too many of them close the connection. */
  misused(times = 1): void {
    if (this.isCut || this.keeper === undefined || this.keeper.misused(this, times)) return;
    this.isCut = true;
    if (this.session !== undefined) this.cut(ErrorCode.ENHANCE_YOUR_CALM);
    // The response that is being sent still needs the socket.
    else setImmediate(() => this.cut());
  }

  /** Accepts no more calls; called again, it also closes what is still open, such as health watches. */
  end(): void {
    if (this.session === undefined || this.session.isClosing) this.cut();
    else this.session.shutdown();
  }

  /** Closes the connection at once, over HTTP/2 with GOAWAY, so that clients repeat elsewhere the calls that were not started. */
  cut(code: number = ErrorCode.NO_ERROR): void {
    this.isCut = true;
    if (this.session === undefined) this.#socket.destroy();
    else this.session.destroy(code);
  }
}
