/**
 * Limits on requests that lead to no admitted call: refused calls, unknown paths, health checks, and streams that are reset
 * before their response (rapid reset, CVE-2023-44487, and resets that a peer provokes, CVE-2025-8671). Each costs
 * processor time and needs no credential, so each is counted: for the connection and, until that has an admitted call, for its
 * network too, because reconnecting must be no way around the limit. See docs/adr/0022-misuse.md.
 */
import { Allowance, type Bounds } from "./allowance.ts";

/** Of a connection without an admitted call. */
export const UNKNOWN_CALLER: Bounds = { burst: 100, perSecond: 10 };
/** Of a connection with one: clients cancel calls, and every admitted call that completes gives one back. */
export const KNOWN_CALLER: Bounds = { burst: 1_000, perSecond: 100 };
/** Of all connections without an admitted call from one network. */
const NETWORK: Bounds = { burst: 1_000, perSecond: 100 };
/** New connections from a network that has used up its allowance. */
const RESTRICTED: Bounds = { burst: 10, perSecond: 10 };
/** A connection that ends without any request has cost a TLS handshake, worth several refused calls. */
export const EMPTY_CONNECTION = 5;
/**
 * A connection that is cut for misuse, or ends because it breaks the protocol. More than comes back between two connections of
 * a restricted network: whoever connects anew each time stays restricted.
 */
export const CUT_CONNECTION = 20;
/** Networks that are remembered, some hundred bytes each. */
const MOST_NETWORKS = 4_096;

interface Record {
  readonly misuse: Allowance;
  readonly connections: Allowance;
}

/** The networks that have misused the server lately. */
export class MisuseByNetwork {
  /** In the order in which they were last counted, the latest last. */
  readonly #records = new Map<string, Record>();

  /** Counts `amount` for `network`; returns false once it has used up its allowance. */
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

  /** Whether one more connection from `network` may begin. A few always may, because others can share the address. */
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
