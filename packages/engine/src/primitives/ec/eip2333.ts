/** Hierarchical keys on BLS12-381 (EIP-2333, with KeyGen of draft-irtf-cfrg-bls-signature-04, section 2.3). */

import { hash, hkdfSync } from "node:crypto";
import { concatenate, fromBigInt, fromNumber, toBigInt } from "@grep11/encoding";
import { mod } from "@noble/curves/abstract/modular.js";
import { wipe } from "../wipe.ts";
import { BLS12_381 } from "./curves.ts";

const INITIAL_SALT = Buffer.from("BLS-SIG-KEYGEN-SALT-");
const EMPTY = new Uint8Array(0);
const KEY_BYTES = 32;
/** How many bytes are reduced to a private key: ceil(1.5 * 255 bits). */
const MATERIAL_BYTES = 48;
/** How many chunks of 32 bytes half a Lamport key has. */
const LAMPORT_CHUNKS = 255;

/** `index` is below 2^32. */
export function eip2333ChildKey(parent: Uint8Array, index: number, keyInfo: Uint8Array = EMPTY): Uint8Array {
  const lamport = lamportPublicKey(parent, index);
  return eip2333MasterKey(lamport, keyInfo);
}

/** The function KeyGen (hkdf_mod_r): returns a private key, which is uniformly distributed from 1 to r - 1. */
export function eip2333MasterKey(material: Uint8Array, keyInfo: Uint8Array = EMPTY): Uint8Array {
  const padded = concatenate(material, Uint8Array.of(0));
  const info = concatenate(keyInfo, Uint8Array.of(0, MATERIAL_BYTES));
  for (let salt = sha256(INITIAL_SALT); ; salt = sha256(salt)) {
    const output = new Uint8Array(hkdfSync("sha256", padded, salt, info, MATERIAL_BYTES));
    const key = mod(toBigInt(output), BLS12_381.order);
    wipe(output);
    if (key === 0n) continue;
    wipe(padded);
    return fromBigInt(key, KEY_BYTES);
  }
}

/** The function parent_SK_to_lamport_PK. */
function lamportPublicKey(parent: Uint8Array, index: number): Uint8Array {
  const salt = fromNumber(index, 4);
  const inverted = parent.map((byte) => byte ^ 0xff);
  const hashed = [parent, inverted].map((material) => {
    const secret = new Uint8Array(hkdfSync("sha256", material, salt, EMPTY, LAMPORT_CHUNKS * KEY_BYTES));
    const chunks = Array.from({ length: LAMPORT_CHUNKS }, (_, at) =>
      sha256(secret.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES)),
    );
    wipe(secret);
    return concatenate(...chunks);
  });
  wipe(inverted);
  return sha256(concatenate(...hashed));
}

function sha256(data: Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer");
}
