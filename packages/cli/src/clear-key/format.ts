import { interoperablePkcs8, interoperableSpki } from "@grep11/client";

type KeyForm = "pem" | "der";

/** Encodes a public key for other software. Errors: CKR_ARGUMENTS_BAD. */
export function formatPublicKey(spki: Uint8Array, form: KeyForm): Uint8Array {
  const der = interoperableSpki(spki);
  return form === "der" ? der : pem("PUBLIC KEY", der);
}

/** Encodes a private key for other software. Errors: CKR_ARGUMENTS_BAD. */
export function formatPrivateKey(pkcs8: Uint8Array, form: KeyForm): Uint8Array {
  const der = interoperablePkcs8(pkcs8);
  return form === "der" ? der : pem("PRIVATE KEY", der);
}

/** Encodes `der` as PEM, with 64 characters of base64 per line (RFC 7468). */
function pem(label: string, der: Uint8Array): Uint8Array {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return Buffer.from(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`);
}
