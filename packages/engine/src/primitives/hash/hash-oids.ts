/** OBJECT IDENTIFIERs of hash functions (RFC 8017, B.1; NIST's register of algorithms). */
import { der } from "@grep11/encoding";
import type { Xof } from "../lattice/lattice-xof.ts";
import type { HashName } from "./hash-name.ts";

const HASH_OIDS = {
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
  sha224: "2.16.840.1.101.3.4.2.4",
  "sha512-224": "2.16.840.1.101.3.4.2.5",
  "sha512-256": "2.16.840.1.101.3.4.2.6",
  "sha3-224": "2.16.840.1.101.3.4.2.7",
  "sha3-256": "2.16.840.1.101.3.4.2.8",
  "sha3-384": "2.16.840.1.101.3.4.2.9",
  "sha3-512": "2.16.840.1.101.3.4.2.10",
  shake128: "2.16.840.1.101.3.4.2.11",
  shake256: "2.16.840.1.101.3.4.2.12",
} as const satisfies Record<HashName | Xof, string>;

/** The DER of the OBJECT IDENTIFIER, tag and length included. */
export function hashOid(name: HashName | Xof): Uint8Array {
  return der.oid(HASH_OIDS[name]);
}
