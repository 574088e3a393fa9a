/**
 * Functions that newer versions of node:crypto have and older ones lack. All other files import `node:crypto` by name, and a name
 * that a version lacks would prevent the engine from loading; here such a function is undefined.
 */
import * as crypto from "node:crypto";

/** Available since Node 24.7. */
type Newer = "argon2" | "encapsulate" | "decapsulate";

export const { argon2, encapsulate, decapsulate }: Partial<Pick<typeof crypto, Newer>> = crypto;
