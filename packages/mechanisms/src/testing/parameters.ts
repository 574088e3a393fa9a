/** Parameters in EP11's wire form, for tests. */
import * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { type DefinedMechanism, parameterOf, type ReadBy } from "../mechanisms.ts";

/** Concatenates numbers, as 32 bits big-endian, and byte strings. */
export function wire(...parts: readonly (number | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part !== "number") return [...part];
      return [24, 16, 8, 0].map((shift) => (part >>> shift) & 0xff);
    }),
  );
}

/** Returns `length` bytes that count up from `start`. */
export function counting(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (start + index) & 0xff);
}

/** Converts hexadecimal `text` to bytes. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** Returns a function that reads parameters of `mechanism`. */
export function reader<M extends DefinedMechanism>(mechanism: M) {
  return (parameter: ck.MechanismParameter | undefined): ReadBy<M> => parameterOf(mechanism).read(parameter);
}

/** Expects CKR_MECHANISM_PARAM_INVALID for each of `parameters`. */
export function refuses(read: (parameter: ck.MechanismParameter | undefined) => unknown, ...parameters: unknown[]) {
  for (const parameter of parameters) {
    const call = () => read(parameter as ck.MechanismParameter);
    expect(call, JSON.stringify(parameter)).toThrow(expect.objectContaining({ rv: ck.CKR_MECHANISM_PARAM_INVALID }));
  }
}
