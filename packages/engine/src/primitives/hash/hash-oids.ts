/** OBJECT IDENTIFIERs of hash functions (RFC 8017, B.1; NIST's register of algorithms). */
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import type { Xof } from "../lattice/lattice-xof.ts";

const XOF_OIDS: Readonly<Record<Xof, string>> = {
  shake128: "2.16.840.1.101.3.4.2.11",
  shake256: "2.16.840.1.101.3.4.2.12",
};

/** Returns the DER of the OBJECT IDENTIFIER, including tag and length. */
export function hashOid(name: ck.HashName | Xof): Uint8Array {
  return der.oid(name === "shake128" || name === "shake256" ? XOF_OIDS[name] : ck.HASHES[name].oid);
}
