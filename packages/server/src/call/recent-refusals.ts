/**
 * Refuses calls like one that the implementation has just refused because it is busy. Under overload, opening the key only to
 * refuse the call would take a good part of the processor time that the waiting calls need.
 */
import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import * as ck from "@grep11/cryptoki";
import type { ServiceMethod } from "../services/service.ts";
import type { Deadlines } from "./deadlines.ts";

/** For how many milliseconds a refusal counts for the next calls: the queue of the implementation must not run empty meanwhile. */
const LIFETIME_MS = 5;

/** A call, as far as it decides whether another one has the same chances. */
export interface Attempt {
  readonly method: ServiceMethod;
  /** Who makes the call. */
  readonly caller: string;
  readonly request: object;
  /** The deadline that the call was given, in milliseconds. An implementation refuses what would wait longer. */
  readonly timeoutMs: number;
}

interface Refusal {
  readonly error: ck.CkError;
  readonly shape: object;
  readonly timeoutMs: number;
}

/** The last refusal of every method and caller, until it is too old. */
export class RecentRefusals {
  readonly #refusals = new Map<string, Refusal>();
  readonly #deadlines: Deadlines;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get isEmpty(): boolean {
    return this.#refusals.size === 0;
  }

  /** Returns the error with which a call was refused that differs from `attempt` only in the content of its data. */
  find(attempt: Attempt): ck.CkError | undefined {
    const { method, request, timeoutMs } = attempt;
    const refusal = this.#refusals.get(keyOf(attempt));
    if (refusal === undefined || timeoutMs > refusal.timeoutMs) return undefined;
    return isDeepStrictEqual(method.shapeOf?.(request), refusal.shape) ? refusal.error : undefined;
  }

  /** Remembers for a moment that the implementation has thrown `error`, if that means that it is busy. */
  note(attempt: Attempt, error: unknown): void {
    if (!(error instanceof ck.CkError) || error.rv !== ck.CKR_DEVICE_MEMORY || !error.retry) return;
    const shape = attempt.method.shapeOf?.(attempt.request);
    if (shape === undefined) return;
    const key = keyOf(attempt);
    // Copies only the bytes of the shape, which are views of a body with data that must not be kept.
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
