/** Reads keys of types that Node does not support. Their DER is passed to the HSM unchanged. */
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { KeySpec } from "../keys/key-spec.ts";
import type { ClearKey } from "./clear-key.ts";
import { pemBlocks } from "./pem-blocks.ts";

/**
 * Returns the key in `content`, which is PEM or DER without a passphrase. If it has a private and a public key, returns the
 * private key. Errors: UsageError if it is neither a PKCS #8 nor a SubjectPublicKeyInfo.
 */
export function parseEncodedKey(content: Uint8Array, spec: KeySpec): ClearKey {
  const blocks = pemBlocks(content);
  const block =
    blocks.find(({ label }) => label === "PRIVATE KEY") ?? blocks.find(({ label }) => label === "PUBLIC KEY");
  const value = block === undefined ? content : decoded(block.bytes);
  const first = contentTag(value);
  if (first === VERSION_TAG && block?.label !== "PUBLIC KEY") return { class: ck.CKO_PRIVATE_KEY, spec, value };
  if (first === SEQUENCE_TAG && block?.label !== "PRIVATE KEY") return { class: ck.CKO_PUBLIC_KEY, spec, value };
  throw new UsageError("the file holds neither a PKCS #8 nor a SubjectPublicKeyInfo");
}

/** Decodes a PEM block without headers. */
function decoded(pem: Uint8Array): Uint8Array {
  const [start, end] = [pem.indexOf(0x0a), pem.lastIndexOf(0x0a, -2)];
  return new Uint8Array(Buffer.from(Buffer.from(pem.subarray(start, end)).toString("latin1"), "base64"));
}

/** The DER tag of the version, with which a PKCS #8 begins. A SubjectPublicKeyInfo begins with a SEQUENCE. */
const VERSION_TAG = 0x02;
const SEQUENCE_TAG = 0x30;

/** Returns the tag of the first element in the SEQUENCE `der`, or undefined if `der` is not a SEQUENCE. */
function contentTag(der: Uint8Array): number | undefined {
  return der[0] === SEQUENCE_TAG ? der[contentStart(der)] : undefined;
}

/** Returns the offset at which the content of the DER element begins, after its tag and length. */
export function contentStart(der: Uint8Array): number {
  const length = der[1] ?? 0;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}
