/**
 * Limits on requests that lead to no admitted call: refused calls, unknown paths, health checks, and streams that are reset
 * before their response (rapid reset, CVE-2023-44487, and resets that a peer provokes, CVE-2025-8671). Each costs
 * processor time and needs no credential, so each is counted: for the connection and, until it has an admitted call, for its
 * network too, so that reconnecting does not evade the limit. See docs/adr/0022-misuse.md.
 */
import { Allowance, type Bounds } from "./allowance.ts";

/** The allowance of a connection without an admitted call. */
export const UNAUTHENTICATED: Bounds = { burst: 100, perSecond: 10 };
/**
 * The allowance of a connection with an admitted call. Clients do cancel calls, and every admitted call that completes returns
 * one token.
 */
export const ADMITTED: Bounds = { burst: 1_000, perSecond: 100 };
/** The common allowance of all connections from one network that have no admitted call. */
const NETWORK: Bounds = { burst: 1_000, perSecond: 100 };
/** How many new connections may begin from a network that has used up its allowance. */
const RESTRICTED: Bounds = { burst: 10, perSecond: 10 };
/**
 * How many tokens a connection costs that closes without any request: its TLS handshake took as much work as several refused
 * calls.
 */
export const EMPTY_CONNECTION = 5;
/**
 * How many tokens a connection costs that is closed for misuse or for breaking the protocol. This is more than what refills
 * between two connections of a restricted network, so a client that keeps reconnecting stays restricted.
 */
export const CLOSED_CONNECTION = 20;
/**
 * How many calls from one network may wait for admission at once, for example while tokens are verified by another service. All of
 * them hold memory, and nobody knows yet who their callers are.
 */
export const MOST_WAITING = 2_048;
/** How many networks are remembered, at a few hundred bytes each. */
const MOST_NETWORKS = 4_096;

interface Record {
  readonly misuse: Allowance;
  readonly connections: Allowance;
}

/** Remembers the networks that have misused the server recently. */
export class MisuseByNetwork {
  /** Ordered by the time of the last misuse, the most recent last. */
  readonly #records = new Map<string, Record>();

  /** Takes `amount` tokens from the allowance of `network`. Returns false once it is used up. */
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

  /** Whether `network` has no allowance left at present. */
  isRestricted(network: string): boolean {
    const record = this.#records.get(network);
    return record !== undefined && record.misuse.left(performance.now()) <= 0;
  }

  /**
   * Whether one more connection from `network` may begin. A few are always accepted, because other clients can share the address.
   */
  mayConnect(network: string): boolean {
    const record = this.#records.get(network);
    const now = performance.now();
    if (record === undefined || record.misuse.left(now) > 0) return true;
    // A refused connection does not make the next one wait longer.
    return record.connections.left(now) >= 1 && record.connections.spend(1, now);
  }

  #forgetOldest(): void {
    const [oldest] = this.#records.keys();
    if (oldest !== undefined) this.#records.delete(oldest);
  }
}
