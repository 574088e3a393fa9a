/** Older versions of node:crypto lack these functions. Importing them by name would prevent the engine from loading. */
import * as crypto from "node:crypto";

/** Available since Node 24.7. */
type Newer = "argon2" | "encapsulate" | "decapsulate";

export const { argon2, encapsulate, decapsulate }: Partial<Pick<typeof crypto, Newer>> = crypto;
