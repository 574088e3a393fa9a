/**
 * Refuses calls that are similar to a call that the implementation has just refused because it is busy. Otherwise,
 * under overload, the implementation would open a key only to refuse the call. That takes processor time that the
 * waiting calls need.
 */
import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import * as ck from "@grep11/cryptoki";
import type { ServiceMethod } from "../services/service.ts";
import type { Deadlines } from "./deadlines.ts";

/**
 * For how many milliseconds a refusal applies to later calls. It is short, so that the queue of the implementation does
 * not run empty in that time.
 */
const LIFETIME_MS = 20;

/** The properties of a call that decide whether it is similar to a refused one. */
export interface Attempt {
  readonly method: ServiceMethod;
  /** Identifies who makes the call. */
  readonly caller: string;
  readonly request: object;
  /** The deadline of the call in milliseconds. An implementation refuses calls that would wait longer than this. */
  readonly timeoutMs: number;
}

interface Refusal {
  readonly error: ck.CkError;
  /** The properties of the request on which its cost depends, see `ServiceMethod.shapeOf`. */
  readonly shape: object;
  readonly timeoutMs: number;
}

/** Remembers the last refusal of every method and caller for LIFETIME_MS. */
export class RecentRefusals {
  readonly #refusals = new Map<string, Refusal>();
  readonly #deadlines: Deadlines;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get isEmpty(): boolean {
    return this.#refusals.size === 0;
  }

  /**
   * Returns the error of a refused call that is similar to `attempt`: only the content of the data differs, and its
   * deadline was at least as long. Returns undefined if there is no such call.
   */
  find(attempt: Attempt): ck.CkError | undefined {
    const { method, request, timeoutMs } = attempt;
    const refusal = this.#refusals.get(keyOf(attempt));
    if (refusal === undefined || timeoutMs > refusal.timeoutMs) return undefined;
    return isDeepStrictEqual(method.shapeOf?.(request), refusal.shape) ? refusal.error : undefined;
  }

  /** Remembers that the implementation has thrown `error`, if that error means that it is busy. */
  note(attempt: Attempt, error: unknown): void {
    if (!(error instanceof ck.CkError) || error.rv !== ck.CKR_DEVICE_MEMORY || !error.retry) return;
    const shape = attempt.method.shapeOf?.(attempt.request);
    if (shape === undefined) return;
    const key = keyOf(attempt);
    // The shape is copied, because its bytes are views of the request's body, whose data must not be kept in memory.
    const refusal = { error, shape: deserialize(serialize(shape)), timeoutMs: attempt.timeoutMs };
    this.#refusals.set(key, refusal);
    this.#deadlines.add(performance.now() + LIFETIME_MS, () => {
      if (this.#refusals.get(key) === refusal) this.#refusals.delete(key);
    });
  }
}

function keyOf({ method, caller }: Attempt): string {
  return `${method.descriptor.name} ${caller}`;
}
