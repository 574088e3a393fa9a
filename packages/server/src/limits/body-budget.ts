/** Limits how many bytes of requests and responses are in memory at once. */
import { MAX_STRUCTURE_BYTES } from "@grep11/proto";

/**
 * How many calls of one principal may be in progress. Each takes about 8 KiB besides its request and response, even if nothing of
 * them has arrived.
 */
export const MOST_CALLS = 2_048;

/**
 * How many bytes of responses, beyond those of their requests, one principal may leave unread. Otherwise a caller that sends
 * little and reads nothing could use its whole share of the memory.
 */
export const MOST_UNREAD_BYTES = 32 * 1024 * 1024;

/** What the calls of one principal hold. */
interface Holder {
  calls: number;
  /** Bytes of requests and responses. */
  bytes: number;
  /** Bytes of responses that wait to be read, beyond those of their requests. */
  unread: number;
}

/**
 * Counts the calls of each principal and the bytes that a server keeps in memory for them. All callers without a principal are
 * counted together.
 */
export class BodyBudget {
  readonly #most: number;
  readonly #mostUnread: number;
  #held = 0;
  /** The principals that have calls in progress. */
  readonly #holders = new Map<string | undefined, Holder>();

  /**
   * The budget is at least large enough for two requests of `largest` bytes each, so that one fits into the half that a principal
   * may use.
   */
  constructor(bytes: number, largest: number) {
    this.#most = Math.max(bytes, 2 * largest);
    this.#mostUnread = Math.max(MOST_UNREAD_BYTES, 2 * largest);
  }

  /**
   * Counts a call of `principal`, whose `end` must follow. Returns false and does not count it if too many are in progress, or if
   * half of the bytes that it may leave unread are waiting: the calls in progress need the other half.
   */
  begin(principal: string | undefined): boolean {
    const holder = this.#holders.get(principal);
    if (holder === undefined) this.#holders.set(principal, { calls: 1, bytes: 0, unread: 0 });
    else if (holder.calls >= MOST_CALLS || holder.unread > this.#mostUnread / 2) return false;
    else holder.calls += 1;
    return true;
  }

  /** Ends a call that has begun and for which `bytes` are counted, of which `unread` are those that `exchange` has returned. */
  end(principal: string | undefined, bytes: number, unread: number): void {
    const holder = this.#holders.get(principal);
    if (holder === undefined) return;
    this.#add(holder, -bytes);
    holder.unread -= unread;
    holder.calls -= 1;
    if (holder.calls === 0) this.#holders.delete(principal);
  }

  /**
   * Counts `bytes` more for a call of `principal`. Returns false if that would exceed the total, or the half of it that one
   * principal may use.
   */
  reserve(principal: string | undefined, bytes: number): boolean {
    const holder = this.#holders.get(principal);
    if (holder === undefined || this.#isTooMuch(holder, bytes)) return false;
    this.#add(holder, bytes);
    return true;
  }

  /**
   * Counts a response of `response` bytes in place of the `request` bytes that were reserved for a call of `principal`. Returns
   * how many of them count as unread, or undefined, and counts neither, if that would be too many. Except for unread bytes, a
   * response that is hardly larger than its request is always accepted.
   */
  exchange(principal: string | undefined, request: number, response: number): number | undefined {
    const holder = this.#holders.get(principal);
    if (holder === undefined) return undefined;
    this.#add(holder, -request);
    const more = Math.max(0, response - request);
    if (more > MAX_STRUCTURE_BYTES && this.#isTooMuch(holder, response)) return undefined;
    if (more > 0 && holder.unread + more > this.#mostUnread) return undefined;
    this.#add(holder, response);
    holder.unread += more;
    return more;
  }

  #isTooMuch(holder: Holder, bytes: number): boolean {
    return this.#held + bytes > this.#most || holder.bytes + bytes > this.#most / 2;
  }

  #add(holder: Holder, bytes: number): void {
    this.#held += bytes;
    holder.bytes += bytes;
  }
}
