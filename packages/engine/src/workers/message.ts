import * as ck from "@grep11/cryptoki";
import type { FamilyMethod } from "../mechanisms/family.ts";

export type Call =
  | { readonly mechanism: number; readonly method: FamilyMethod; readonly args: readonly unknown[] }
  | { readonly importer: Importer; readonly args: readonly unknown[] };

/** The functions of objects/import-key.ts that a worker runs. */
export type Importer = "importUnwrapped" | "importPublic";

/** A CkError is sent as its parts, because structured clones lose the class. */
export type Outcome =
  | { readonly result: unknown }
  | { readonly rv: number; readonly detail: string; readonly retry: boolean; readonly cause: unknown };

/** `ms` is how many milliseconds the work took, without copying and without starting the thread. */
export interface TimedOutcome {
  readonly outcome: Outcome;
  readonly ms: number;
}

export function outcomeOfError(error: unknown): Outcome {
  const { rv, detail, retry, cause } = ck.CkError.from(error);
  return { rv, detail, retry, cause };
}

/** Throws the CkError of a failed call. */
export function resultOf(outcome: Outcome): unknown {
  if ("result" in outcome) return outcome.result;
  throw new ck.CkError(outcome.rv, outcome.detail, { retry: outcome.retry, cause: outcome.cause });
}

/**
 * Returns a copy of plain data in which every byte array has its own memory, and that memory, which can be moved to another
 * thread. A structured clone of a view would copy its whole underlying buffer.
 */
export function detached<T>(value: T): { readonly copy: T; readonly memory: ArrayBuffer[] } {
  const memory: ArrayBuffer[] = [];
  const copy = (part: unknown): unknown => {
    if (part instanceof Uint8Array) {
      const own = new Uint8Array(part);
      memory.push(own.buffer);
      return own;
    }
    if (Array.isArray(part)) return part.map(copy);
    if (part instanceof Map) return new Map(Array.from(part, ([key, entry]) => [key, copy(entry)]));
    if (part instanceof Error || typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, entry]) => [key, copy(entry)]));
  };
  return { copy: copy(value) as T, memory };
}

/** Overwrites every byte array in plain data. Nothing else may use those arrays any more. */
export function wipeAll(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0);
  else if (Array.isArray(value)) value.forEach(wipeAll);
  else if (value instanceof Map) for (const entry of value.values()) wipeAll(entry);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(wipeAll);
}

/** Returns the number of bytes in the arguments of a call, including bytes in members of objects, such as a key's value. */
export function bytesIn(args: readonly unknown[]): number {
  let sum = 0;
  for (const arg of args) {
    if (arg instanceof Uint8Array) sum += arg.length;
    else if (typeof arg === "object" && arg !== null) {
      for (const part of Object.values(arg)) if (part instanceof Uint8Array) sum += part.length;
    }
  }
  return sum;
}
