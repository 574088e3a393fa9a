/** Limits how many bytes of requests and responses are in memory at once. */
import { MAX_STRUCTURE_BYTES } from "@grep11/proto";

/**
 * How many calls of one principal may be in progress. Each takes about 8 KiB of memory in addition to its request and
 * response, even before the body arrives.
 */
export const MOST_CALLS = 2_048;

/**
 * How many bytes of responses one principal may leave unread. Only the bytes by which a response exceeds its request
 * are counted. Without this limit, small requests with large responses could fill the principal's share of the memory.
 */
export const MOST_UNREAD_BYTES = 32 * 1024 * 1024;

/** The number of calls of one principal, and the memory that they use. */
interface Holder {
  calls: number;
  /** How many bytes of requests and responses are in memory. */
  bytes: number;
  /**
   * How many bytes of responses count as unread. Only the bytes by which a response exceeds its request are counted.
   */
  unread: number;
}

/**
 * Counts the calls of each principal and the bytes that the server keeps in memory for them. All callers without a
 * principal count as one.
 */
export class BodyBudget {
  readonly #most: number;
  readonly #mostUnread: number;
  #held = 0;
  /** The principals that have calls in progress. */
  readonly #holders = new Map<string | undefined, Holder>();

  /**
   * The budget is `bytes`, or twice `largest` if that is more, so that the largest request fits into the half that one
   * principal may use.
   */
  constructor(bytes: number, largest: number) {
    this.#most = Math.max(bytes, 2 * largest);
    this.#mostUnread = Math.max(MOST_UNREAD_BYTES, 2 * largest);
  }

  /**
   * Counts a call of `principal`. If it returns true, `end` must follow. Returns false if the principal has too many
   * calls in progress, or leaves more than half of the allowed bytes unread. The calls in progress need the other half.
   */
  begin(principal: string | undefined): boolean {
    const holder = this.#holders.get(principal);
    if (holder === undefined) this.#holders.set(principal, { calls: 1, bytes: 0, unread: 0 });
    else if (holder.calls >= MOST_CALLS || holder.unread > this.#mostUnread / 2) return false;
    else holder.calls += 1;
    return true;
  }

  /**
   * Stops counting a call of `principal`. `bytes` is how many bytes are counted for the call. `unread` is how many of
   * those count as unread: the number that the method `exchange` returned, or 0 if no response is counted.
   */
  end(principal: string | undefined, bytes: number, unread: number): void {
    const holder = this.#holders.get(principal);
    if (holder === undefined) return;
    this.#add(holder, -bytes);
    holder.unread -= unread;
    holder.calls -= 1;
    if (holder.calls === 0) this.#holders.delete(principal);
  }

  /**
   * Counts `bytes` more bytes for a call of `principal`. Returns false if that would exceed the budget, or the half of
   * it that one principal may use.
   */
  reserve(principal: string | undefined, bytes: number): boolean {
    const holder = this.#holders.get(principal);
    if (holder === undefined || this.#isTooMuch(holder, bytes)) return false;
    this.#add(holder, bytes);
    return true;
  }

  /**
   * Counts the `response` bytes of a call instead of the `request` bytes that were reserved for it.
   * - Returns how many bytes count as unread.
   * - Returns undefined if a limit would be exceeded. Then neither the request nor the response is counted any more.
   * - A response that is hardly larger than its request is only limited by the unread bytes.
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
