/** A worker thread's program: looks up the family of each call in the mechanism table and calls it. */
import { randomFillSync } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { CkError } from "@grep11/cryptoki";
import type { RandomSource } from "../mechanisms/family.ts";
import { findRow } from "../mechanisms/table.ts";
import { serve } from "./serve.ts";

const random: RandomSource = (length) => randomFillSync(new Uint8Array(length));

serve(parentPort!, ({ mechanism, method, args }) => {
  const family = findRow(mechanism)?.family;
  const implementation = family?.[method] as ((...inputs: readonly unknown[]) => unknown) | undefined;
  if (implementation === undefined) throw CkError.mechanismInvalid(mechanism, "is not for this function");
  return implementation.apply(family, [...args, random]);
});
