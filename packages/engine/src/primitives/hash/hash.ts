/** Hash functions, in one call or in parts. */
import { hash as nodeHash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import type { Xof } from "../lattice/lattice-xof.ts";
import { compressionInUse } from "../openssl/crypto-backend.ts";
import { absorb, finish, hashInit, isHashState } from "./hash-state.ts";

export { hashInit, isHashState };

export function hash(name: ck.HashName, data: Uint8Array): Uint8Array {
  const digest = nodeHash(name, data, "buffer");
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}

/** Returns the state after `data`; `state` is not changed. Throws an Error if it is malformed. */
export function hashUpdate(state: Uint8Array, data: Uint8Array): Uint8Array {
  return absorb(state, data, compressionInUse());
}

/** Returns the digest of all data so far; `state` is not changed. Throws an Error if it is malformed. */
export function hashFinal(state: Uint8Array): Uint8Array {
  return finish(state, compressionInUse());
}

const XOF_OIDS: Readonly<Record<Xof, string>> = {
  shake128: "2.16.840.1.101.3.4.2.11",
  shake256: "2.16.840.1.101.3.4.2.12",
};

/** Returns the OBJECT IDENTIFIER (RFC 8017, B.1; NIST's register of algorithms) as DER, including tag and length. */
export function hashOid(name: ck.HashName | Xof): Uint8Array {
  return der.oid(name === "shake128" || name === "shake256" ? XOF_OIDS[name] : ck.HASHES[name].oid);
}
