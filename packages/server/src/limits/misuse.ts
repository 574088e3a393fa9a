/**
 * Limits the requests that do not lead to an admitted call, because they take processor time but need no credentials:
 * - refused calls, unknown paths and health checks;
 * - streams that are reset before their response (rapid reset, CVE-2023-44487, and resets that a peer provokes,
 *   CVE-2025-8671).
 * They are counted for the connection. Until the connection has an admitted call, they are also counted for its
 * network, so that reconnecting does not evade the limit. See docs/adr/0022-misuse.md.
 */
import { Allowance, type Bounds } from "./allowance.ts";

/** The allowance of a connection without an admitted call. */
export const UNAUTHENTICATED: Bounds = { burst: 100, perSecond: 10 };
/**
 * The allowance of a connection with an admitted call. It is larger, because clients may cancel calls. Every admitted
 * call that completes adds one token.
 */
export const ADMITTED: Bounds = { burst: 1_000, perSecond: 100 };
/** The allowance that all connections from one network share, as long as they have no admitted call. */
const NETWORK: Bounds = { burst: 1_000, perSecond: 100 };
/** The allowance for new connections from a network that has used up NETWORK. */
const RESTRICTED: Bounds = { burst: 10, perSecond: 10 };
/**
 * A connection that closes without a request takes this many tokens from its network, because a TLS handshake is as
 * much work as several refused calls.
 */
export const EMPTY_CONNECTION = 5;
/**
 * A connection that is closed for misuse, or for breaking the protocol, takes this many tokens from its network. A
 * restricted network gets fewer tokens between two connections, so a client that keeps reconnecting stays restricted.
 */
export const CLOSED_CONNECTION = 20;
/**
 * How many calls from one network may wait for admission at once, for example while another service verifies their
 * tokens. They hold memory, and their callers are not known yet.
 */
export const MOST_WAITING = 2_048;
/** How many networks are remembered. Each takes a few hundred bytes of memory. */
const MOST_NETWORKS = 4_096;

interface Record {
  readonly misuse: Allowance;
  readonly connections: Allowance;
}

/** Remembers the networks that have misused the server recently. */
export class MisuseByNetwork {
  /** The records are ordered by the time of the last misuse. The most recent is the last. */
  readonly #records = new Map<string, Record>();

  /** Takes `amount` tokens from the allowance of `network`. Returns false if fewer were left. */
  spend(network: string, amount: number): boolean {
    const now = performance.now();
    const record = this.#records.get(network) ?? {
      misuse: new Allowance(NETWORK, now),
      connections: new Allowance(RESTRICTED, now),
    };
    this.#records.delete(network);
    if (this.#records.size >= MOST_NETWORKS) this.#forgetOldest();
    this.#records.set(network, record);
    return record.misuse.spend(amount, now);
  }

  /** Returns whether `network` has no tokens left now. */
  isRestricted(network: string): boolean {
    const record = this.#records.get(network);
    return record !== undefined && record.misuse.left(performance.now()) <= 0;
  }

  /**
   * Returns whether one more connection from `network` may begin. A restricted network may still open a few
   * connections, because other clients can share the address.
   */
  mayConnect(network: string): boolean {
    const record = this.#records.get(network);
    const now = performance.now();
    if (record === undefined || record.misuse.left(now) > 0) return true;
    // Takes a token only if the connection is accepted, so that a refused connection does not make the next one wait
    // longer.
    return record.connections.left(now) >= 1 && record.connections.spend(1, now);
  }

  #forgetOldest(): void {
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }
}
