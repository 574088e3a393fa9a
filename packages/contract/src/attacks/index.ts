/** Exports all attacks on the HTTP/2 layer, by name. */
import type { Attack } from "./attack.ts";
import { FLOODS } from "./floods.ts";
import { HOLDING } from "./holding.ts";

export const ATTACKS: Readonly<Record<string, Attack>> = { ...FLOODS, ...HOLDING };
/** The attacks that are also made over TLS, because TLS makes each byte more expensive for the server. */
export const ATTACKS_OVER_TLS: readonly string[] = Object.keys(FLOODS);
