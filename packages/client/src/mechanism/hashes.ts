/** Hashes that the builders take. */
import * as ck from "@grep11/cryptoki";

/** A hash for which every family has a mechanism. */
export type HashName = Exclude<ck.HashName, "sha512-224" | "sha512-256">;

/** SHA-1 first, then SHA-2 and SHA-3. */
export const hashNames: readonly HashName[] = ck.hashNames.filter(
  (name): name is HashName => !name.startsWith("sha512-"),
);
