/** One connection to a listener, over HTTP/1.1 or HTTP/2. */
import type { Socket } from "node:net";
import { ErrorCode } from "@grep11/http2";
import { Allowance } from "../limits/allowance.ts";
import { ADMITTED, MOST_WAITING, UNAUTHENTICATED } from "../limits/misuse.ts";
import type { Peer, PeerCertificate } from "../options.ts";
import { networkOf } from "./network.ts";
import type { Session } from "./session.ts";

const MIB = 1024 * 1024;
/**
 * How many bytes an authenticated client may send on all streams of an HTTP/2 connection before the server has read
 * them.
 */
const WINDOW_BYTES = 4 * MIB;
/** How many bytes an authenticated client may send on one stream before the server has read them. */
const STREAM_WINDOW_BYTES = MIB;

/** Counts what all connections from one network use together. */
export interface NetworkUse {
  connections: number;
  /** How many calls wait for admission. */
  waiting: number;
}

/** Keeps track of all connections of a server. */
export interface ConnectionKeeper {
  /**
   * Counts `times` misuses of `connection`. Returns false if the connection or its network has used up its allowance.
   */
  misused(connection: Connection, times: number): boolean;
  /** Records that `connection` ends because its peer broke the protocol. */
  broken(connection: Connection): void;
  /** Returns whether the network of `connection` has used up its allowance. */
  isRestricted(connection: Connection): boolean;
}

/**
 * A connection and its use. It is unauthenticated until the first call over it is admitted. Health checks and refused
 * calls do not count. Until then, its flow-control windows have the initial 64 KiB of HTTP/2.
 */
export class Connection {
  /** The client at the other end. */
  peer: Peer;
  /** The network of the peer. Connections are counted by network, see networkOf. */
  readonly network: string;
  use: NetworkUse = { connections: 1, waiting: 0 };
  /** The HTTP/2 session. Undefined for HTTP/1.1, and before the first bytes have arrived. */
  session: Session | undefined;
  /** How many calls of the health service are open. These calls need no credentials. */
  probes = 0;
  /** Counts the misuse of this connection. Undefined if the connection is not counted. */
  keeper: ConnectionKeeper | undefined;
  /** The remaining allowance for misuse. */
  readonly misuse = new Allowance(UNAUTHENTICATED, performance.now());
  /** How many requests have arrived over this connection. */
  requests = 0;
  /** Whether the connection is being closed. If so, everything that arrives over it is ignored. */
  isCut = false;
  readonly #socket: Socket;
  #isUnauthenticated = true;
  #calls = 0;
  #quietSince = performance.now();

  /** `socket` must be the TCP socket, even if the connection uses TLS. */
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

  /**
   * Returns how many milliseconds ago the last admitted call ended, or the connection began. Returns 0 while a call
   * runs.
   */
  quietMs(now: number): number {
    return this.#calls > 0 ? 0 : now - this.#quietSince;
  }

  /**
   * Records that a call waits for admission. `callAdmitted` or `callRefused` must follow. Returns false if too many
   * calls wait.
   */
  callArrived(): boolean {
    this.use.waiting += 1;
    return this.use.waiting <= MOST_WAITING;
  }

  /** Records that a call has ended without having been admitted. */
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
    // The windows are enlarged, because otherwise one large body would fill the connection's window and slow down all
    // streams.
    this.session?.widen(WINDOW_BYTES, STREAM_WINDOW_BYTES);
  }

  /**
   * Records that an admitted call has ended. `completed` is false if the caller cancelled the call before the response.
   */
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

  /** Counts requests that did not lead to an admitted call (misuse.ts). Closes the connection if there are too many. */
  misused(times = 1): void {
    if (this.isCut || this.keeper === undefined || this.keeper.misused(this, times)) return;
    this.isCut = true;
    if (this.session !== undefined) this.cut(ErrorCode.ENHANCE_YOUR_CALM);
    // Over HTTP/1.1, the socket is closed later, because the current response must still be sent.
    else setImmediate(() => this.cut());
  }

  /**
   * Stops accepting calls. A second call closes the connection, even if calls such as health watches are still open.
   */
  end(): void {
    if (this.session === undefined || this.session.isClosing) this.cut();
    else this.session.shutdown();
  }

  /**
   * Closes the connection at once. Over HTTP/2, sends GOAWAY, so that the client can repeat calls that were not started
   * on another connection.
   */
  cut(code: number = ErrorCode.NO_ERROR): void {
    this.isCut = true;
    if (this.session === undefined) this.#socket.destroy();
    else this.session.destroy(code);
  }
}
