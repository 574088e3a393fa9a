/** GenerateRandom. */
import * as ck from "@grep11/cryptoki";
import type { Context } from "../context.ts";

/** Most bytes one call answers (documented by IBM's service). */
const MAX_RANDOM_BYTES = 1_000_000;

export async function generateRandom(
  context: Context,
  { len }: ck.GenerateRandomRequest,
): Promise<ck.GenerateRandomResponse> {
  if (!Number.isInteger(len) || len < 1 || len > MAX_RANDOM_BYTES) {
    throw ck.CkError.argumentsBad(`len: expected an integer from 1 to ${MAX_RANDOM_BYTES}`);
  }
  return { rnd: context.random(len) };
}
