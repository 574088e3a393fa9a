/** GenerateRandom. */
import * as ck from "@grep11/cryptoki";
import type { EngineFunction } from "../context.ts";

/** Maximum number of bytes that one call returns (documented by IBM's service). */
const MAX_RANDOM_BYTES = 1_000_000;

export const generateRandom: EngineFunction<"generateRandom"> = async (context, { len }) => {
  if (!Number.isInteger(len) || len < 1 || len > MAX_RANDOM_BYTES) {
    throw ck.CkError.argumentsBad(`len: expected an integer from 1 to ${MAX_RANDOM_BYTES}`);
  }
  return { rnd: context.random(len) };
};
