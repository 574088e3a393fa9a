/** Bearer tokens of the configuration: accepted by the hash that stands there. */
import { createHash } from "node:crypto";

/** Answers who a token stands for, or undefined. */
export type TokenVerifier = (token: string) => string | undefined;

/** A verifier of the tokens whose SHA-256 (lower-case hex) is listed. */
export function listedTokens(tokens: readonly { principal: string; sha256: string }[]): TokenVerifier {
  const principals = new Map(tokens.map(({ principal, sha256 }) => [sha256, principal]));
  return (token) => principals.get(createHash("sha256").update(token).digest("hex"));
}
