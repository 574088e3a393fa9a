/** The program of a worker thread. */
import { randomFillSync } from "node:crypto";
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import * as ck from "@grep11/cryptoki";
import { findRow } from "../mechanisms/table.ts";
import { importPublic, importUnwrapped } from "../objects/import-key.ts";
import type { RandomSource } from "../primitives/random.ts";
import { keptKeys } from "./kept-keys.ts";
import type { Importer } from "./message.ts";
import { serve } from "./serve.ts";

/** How much lower the priority is than that of the event loop, which handles many calls in the time of one of these. */
const NICENESS = 5;
// Only Linux has priorities of threads; elsewhere this would lower the priority of the whole process.
if (process.platform === "linux") lowerPriority();

function lowerPriority(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // A sandbox may forbid this; then all threads have the same priority.
  }
}

const random: RandomSource = (length) => randomFillSync(new Uint8Array(length));

const IMPORTERS = { importPublic, importUnwrapped } satisfies Record<Importer, unknown>;

const withKeptKey = keptKeys(workerData, Date.now);

serve(parentPort!, (call) => {
  if ("importer" in call) {
    const importer = IMPORTERS[call.importer] as (...inputs: readonly unknown[]) => unknown;
    return importer(...call.args);
  }
  const { mechanism, method, args } = call;
  const family = findRow(mechanism)?.family;
  const implementation = family?.[method] as ((...inputs: readonly unknown[]) => unknown) | undefined;
  if (implementation === undefined) throw ck.CkError.mechanismInvalid(mechanism, "is not for this function");
  return implementation.apply(family, [...args.map(withKeptKey), random]);
});
