/** CKM_CHACHA20_POLY1305 (RFC 8439, 2.8; PKCS #11 v3.2, 6.61). */
import * as ck from "@grep11/cryptoki";
import { type ChaChaPolyParameter, chachaPoly } from "../../primitives/symmetric/chacha20-poly1305.ts";
import type { Family } from "../family.ts";
import { AEAD_SHAPES, CRYPT, chachaKeys } from "../key-properties.ts";
import { type MechanismRow, row } from "../row.ts";
import { aeadFamily } from "./aead.ts";

/**
 * How many bytes of a part are processed inline: operations in parts compute Poly1305 in JavaScript, which takes about 10 ms
 * for 1 MiB.
 */
const INLINE_PART_BYTES = 64 * 1024;

export const chacha20Poly1305: Family<ChaChaPolyParameter> = {
  ...aeadFamily(chachaPoly),
  cost: (method, _key, [, , , plain]) =>
    method === "encryptUpdate" && (plain as Uint8Array).length > INLINE_PART_BYTES ? "worker" : "inline",
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_CHACHA20_POLY1305, { ...chachaKeys, ...AEAD_SHAPES, flags: CRYPT, family: chacha20Poly1305 }),
];
