/**
 * Functions that only newer versions of node:crypto have. All other files import from `node:crypto` by name, and a missing
 * name would prevent the engine from loading; here a missing function is undefined.
 */
import * as crypto from "node:crypto";

/** Available since Node 24.7. */
type Newer = "argon2" | "encapsulate" | "decapsulate";

export const { argon2, encapsulate, decapsulate }: Partial<Pick<typeof crypto, Newer>> = crypto;
