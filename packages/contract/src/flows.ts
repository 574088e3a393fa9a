/** Lists the call sequences of EP11. They are Single; Init and one further call; or Init, any number of Updates, and Final. */
import type { Operation } from "./operations.ts";

/**
 * The calls that a mechanism supports: `multi` is all calls, `one-shot` is all but Update, and `single-only` is only the *Single
 * function.
 */
export type Shape = "multi" | "one-shot" | "single-only";

/** One sequence of calls that runs an operation. */
export interface Flow {
  readonly name: string;
  readonly shape: Shape;
  /** Whether one of the parts is empty, which digests refuse. */
  readonly hasEmptyPart: boolean;
  /** Runs the operation and returns its whole output. Errors: those of the calls. */
  run(operation: Operation, data: Uint8Array): Promise<Uint8Array>;
}

/** Splits a message into parts. */
type Cut = (data: Uint8Array) => Uint8Array[];

/** Calls Init, then Update for each of `parts`, then Final, and returns the whole output. */
export async function runParts(operation: Operation, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const outputs: Uint8Array[] = [];
  let state = await operation.init();
  for (const part of parts) {
    const step = await operation.update(state, part);
    outputs.push(step.output);
    state = step.state;
  }
  outputs.push(await operation.final(state));
  return new Uint8Array(Buffer.concat(outputs));
}

/** Splits `data` into parts of these sizes in bytes. The last part contains the rest of the data. */
export function cut(data: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    parts.push(data.subarray(at, at + size));
    at += size;
  }
  return at < data.length ? [...parts, data.subarray(at)] : parts;
}

function parts(name: string, split: Cut, hasEmptyPart = false): Flow {
  return { name, shape: "multi", hasEmptyPart, run: (operation, data) => runParts(operation, split(data)) };
}

const withoutEmpty = (all: Uint8Array[]): Uint8Array[] => all.filter((part) => part.length > 0);
const EMPTY = new Uint8Array(0);

/** Every flow. */
export const FLOWS: readonly Flow[] = [
  { name: "Single", shape: "single-only", hasEmptyPart: false, run: (operation, data) => operation.single(data) },
  {
    name: "Init and one call",
    shape: "one-shot",
    hasEmptyPart: false,
    run: async (operation, data) => operation.once(await operation.init(), data),
  },
  parts("Init, one Update, Final", (data) => withoutEmpty([data])),
  parts("byte by byte", (data) => Array.from(data, (byte) => Uint8Array.of(byte))),
  parts("odd parts", (data) => withoutEmpty(cut(data, [1, 7, 13, 3, 16, 17]))),
  parts("block by block", (data) =>
    withoutEmpty(Array.from({ length: Math.ceil(data.length / 16) }, (_, i) => data.subarray(16 * i, 16 * i + 16))),
  ),
  parts("with empty Updates", (data) => [EMPTY, data.subarray(0, 5), EMPTY, data.subarray(5), EMPTY], true),
];

const ALLOWED: Readonly<Record<Shape, readonly Shape[]>> = {
  multi: ["multi", "one-shot", "single-only"],
  "one-shot": ["one-shot", "single-only"],
  "single-only": ["single-only"],
};

/** Returns the flows that a mechanism of `shape` supports. */
export function flowsOf(shape: Shape, emptyParts = true): readonly Flow[] {
  return FLOWS.filter((flow) => ALLOWED[shape].includes(flow.shape) && (emptyParts || !flow.hasEmptyPart));
}
