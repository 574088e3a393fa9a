/**
 * Functions that newer versions of node:crypto have and older ones lack. Everything else imports `node:crypto` by name, and a name
 * that a supported version lacks would keep the whole engine from loading; here such a function is undefined.
 */
import * as crypto from "node:crypto";

/** All of them since Node 24.7. */
type Newer = "argon2" | "encapsulate" | "decapsulate";

export const { argon2, encapsulate, decapsulate }: Partial<Pick<typeof crypto, Newer>> = crypto;
