/** Verifies bearer tokens whose hashes are listed in the configuration. */
import { createHash } from "node:crypto";
import type { BearerVerifier } from "@grep11/grpc-server";

/** Returns a verifier that accepts the tokens whose SHA-256 (lower-case hex) is listed. */
export function listedTokens(tokens: readonly { principal: string; sha256: string }[]): BearerVerifier {
  const principals = new Map(tokens.map(({ principal, sha256 }) => [sha256, { name: principal }]));
  return (token) => principals.get(createHash("sha256").update(token).digest("hex"));
}
