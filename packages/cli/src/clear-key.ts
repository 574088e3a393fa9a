/** Keys in clear as other software has them: raw bytes, PKCS #8 and SubjectPublicKeyInfo in PEM or DER. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { interoperablePkcs8, interoperableSpki } from "@grep11/client";
import { UsageError } from "@grep11/command-line";
import * as ck from "@grep11/cryptoki";
import type { KeySpec } from "./key-type.ts";

/** A key as UnwrapKey takes it: a secret's value, a PKCS #8 or a SubjectPublicKeyInfo in DER. */
export interface ClearKey {
  /** CKO_*. */
  readonly class: number;
  readonly spec: KeySpec;
  readonly value: Uint8Array;
}

/** Key types by the name Node has for them. */
const SPECS: Readonly<Record<string, KeySpec>> = {
  rsa: { kind: "rsa" },
  ec: { kind: "ec" },
  ed25519: { kind: "ec", curve: "Ed25519" },
  ed448: { kind: "ec", curve: "Ed448" },
  x25519: { kind: "ec", curve: "X25519" },
  x448: { kind: "ec", curve: "X448" },
  dsa: { kind: "dsa" },
  dh: { kind: "dh" },
};

/** Post-quantum types, whose names in Node begin with that of the type. */
const POST_QUANTUM = ["ml-dsa", "ml-kem", "slh-dsa"] as const;

/** The type of an asymmetric key of Node. Errors: UsageError for one the HSM does not have. */
export function specOfKeyObject(key: KeyObject): KeySpec {
  const name: string = key.asymmetricKeyType ?? "";
  const kind = POST_QUANTUM.find((each) => name.startsWith(`${each}-`));
  const spec = kind === undefined ? SPECS[name] : { kind };
  if (spec === undefined) throw new UsageError(`keys of type ${name} cannot be imported`);
  return spec;
}

/**
 * The private or public key in `content`: PEM with any of the usual labels, or DER. `passphrase` opens an encrypted one.
 * Errors: UsageError.
 */
export function parseClearKey(content: Uint8Array, passphrase?: Uint8Array): ClearKey {
  const bytes = Buffer.from(content);
  const pass = passphrase === undefined ? {} : { passphrase: Buffer.from(passphrase) };
  const pem = bytes.includes("-----BEGIN ");
  const isPublic = pem ? bytes.includes("PUBLIC KEY-----") : undefined;
  if (isPublic !== true) {
    const key = attempt(() =>
      createPrivateKey(pem ? { key: bytes, ...pass } : { key: bytes, format: "der", type: "pkcs8", ...pass }),
    );
    if (key !== undefined) {
      const value = new Uint8Array(key.export({ format: "der", type: "pkcs8" }));
      return { class: ck.CKO_PRIVATE_KEY, spec: specOfKeyObject(key), value };
    }
  }
  const key = attempt(() => createPublicKey(pem ? bytes : { key: bytes, format: "der", type: "spki" }));
  if (key !== undefined && isPublic !== false) {
    const value = new Uint8Array(key.export({ format: "der", type: "spki" }));
    return { class: ck.CKO_PUBLIC_KEY, spec: specOfKeyObject(key), value };
  }
  throw new UsageError(
    "the file holds neither a private nor a public key, or its passphrase is missing or wrong; a raw secret key needs --type",
  );
}

/**
 * The key of a pair in `content` as it stands, in PEM or DER without a passphrase: for types that Node does not know. Errors:
 * UsageError for what is neither a PKCS #8 nor a SubjectPublicKeyInfo.
 */
export function parseEncodedKey(content: Uint8Array, spec: KeySpec): ClearKey {
  const [, label, base64] =
    /-----BEGIN (PUBLIC|PRIVATE) KEY-----([\s\S]*?)-----END/.exec(Buffer.from(content).toString("latin1")) ?? [];
  const value = base64 === undefined ? content : new Uint8Array(Buffer.from(base64, "base64"));
  const first = contentTag(value);
  if (first === VERSION_TAG && label !== "PUBLIC") return { class: ck.CKO_PRIVATE_KEY, spec, value };
  if (first === SEQUENCE_TAG && label !== "PRIVATE") return { class: ck.CKO_PUBLIC_KEY, spec, value };
  throw new UsageError("the file holds neither a PKCS #8 nor a SubjectPublicKeyInfo");
}

/** A PKCS #8 begins with its version, a SubjectPublicKeyInfo with an AlgorithmIdentifier. */
const VERSION_TAG = 0x02;
const SEQUENCE_TAG = 0x30;

/** The tag of the first element inside the SEQUENCE that `der` is; undefined when it is none. */
function contentTag(der: Uint8Array): number | undefined {
  const length = der[1] ?? 0;
  return der[0] === SEQUENCE_TAG ? der[length < 0x80 ? 2 : 2 + (length & 0x7f)] : undefined;
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/** How keys are written for other software. */
export type KeyForm = "pem" | "der";

/** A public key in the encoding other software reads. Errors: CKR_ARGUMENTS_BAD. */
export function formatPublicKey(spki: Uint8Array, form: KeyForm): Uint8Array {
  const der = interoperableSpki(spki);
  return form === "der" ? der : pem("PUBLIC KEY", der);
}

/** A private key in the encoding other software reads. Errors: CKR_ARGUMENTS_BAD. */
export function formatPrivateKey(pkcs8: Uint8Array, form: KeyForm): Uint8Array {
  const der = interoperablePkcs8(pkcs8);
  return form === "der" ? der : pem("PRIVATE KEY", der);
}

/** RFC 7468: 64 characters of base64 to a line. */
function pem(label: string, der: Uint8Array): Uint8Array {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return Buffer.from(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`);
}
