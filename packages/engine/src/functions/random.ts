/** GenerateRandom. */
import { CkError, type GenerateRandomRequest, type GenerateRandomResponse } from "@grep11/cryptoki";
import type { Context } from "../context.ts";

/** Most bytes one call answers (documented by IBM's service). */
const MAX_RANDOM_BYTES = 1_000_000;

export async function generateRandom(
  context: Context,
  { len }: GenerateRandomRequest,
): Promise<GenerateRandomResponse> {
  if (!Number.isInteger(len) || len < 1 || len > MAX_RANDOM_BYTES) {
    throw CkError.argumentsBad(`len: expected an integer from 1 to ${MAX_RANDOM_BYTES}`);
  }
  return { rnd: context.random(len) };
}
