import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import type { Principal } from "@grep11/grpc-server";

export const IAM_SECRET_BYTES = 32;

/** Issues and verifies the tokens of the fake IAM. Each has a MAC, so that every process with the same secret can verify it. */
export class IamTokens {
  readonly #secret: KeyObject;
  readonly #now: () => number;

  /** `secret` has {@link IAM_SECRET_BYTES} bytes. `now` returns milliseconds since 1970. */
  constructor(secret: Uint8Array, now: () => number) {
    this.#secret = createSecretKey(secret);
    this.#now = now;
  }

  /** Returns a new token for `principal` that is valid until `expires`, in seconds since 1970. */
  issue(principal: string, expires: number): string {
    const claims = Buffer.from(JSON.stringify([principal, expires, randomBytes(12).toString("base64url")]));
    return `${claims.toString("base64url")}.${this.#mac(claims).toString("base64url")}`;
  }

  /** Returns the principal of a token, or undefined if the token is forged or has expired. */
  verify(token: string): Principal | undefined {
    const [claims, mac] = token.split(".").map((part) => Buffer.from(part, "base64url"));
    if (claims === undefined || mac === undefined) return undefined;
    const expected = this.#mac(claims);
    if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
    const [name, expires] = JSON.parse(claims.toString("utf8")) as [string, number];
    return expires * 1000 > this.#now() ? { name } : undefined;
  }

  #mac(claims: Uint8Array): Buffer {
    return createHmac("sha256", this.#secret).update(claims).digest();
  }
}
