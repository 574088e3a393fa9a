/** How keys from passwords are written, for key gen: `PKCS5_PBKD2:hash=sha256,iterations=600000,salt=...`. */
import { transcode } from "node:buffer";
import { mechanism as build } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { toHex } from "@grep11/encoding";
import { optionalHex, optionalNumber, requireChoice, type Values } from "./parameter-syntax.ts";

/** What is written behind the colon, all but the password. */
export interface PasswordParameters {
  readonly hash: build.Pbkdf2Options["hash"];
  readonly iterations: number;
  /** Undefined: a fresh one is wanted. */
  readonly salt: Uint8Array | undefined;
}

/** One mechanism that makes keys of passwords. */
export interface PasswordSyntax {
  readonly keys: readonly ("hash" | "iterations" | "salt")[];
  /** Without iterations=. */
  readonly iterations: number;
  /** The mechanism with the UTF-8 text `password` in its parameter, which the caller wipes. */
  create(parameters: PasswordParameters & { readonly salt: Uint8Array }, password: Uint8Array): ck.Mechanism;
}

const PBKDF2: PasswordSyntax = {
  keys: ["hash", "iterations", "salt"],
  // OWASP's advice of 2023 for HMAC-SHA-256.
  iterations: 600_000,
  create: (parameters, password) => build.pbkdf2({ ...parameters, password }),
};

const PBE: PasswordSyntax = {
  keys: ["iterations", "salt"],
  // The most that EP11 takes.
  iterations: 65_536,
  create({ iterations, salt }, password) {
    const text = bmpString(password);
    const mech = build.pbeSha1Des3({ iterations, salt, password: text });
    text.fill(0);
    return mech;
  },
};

/** By CKM_*. */
export const PASSWORD_SYNTAX: ReadonlyMap<number, PasswordSyntax> = new Map([
  [ck.CKM_PKCS5_PBKD2, PBKDF2],
  [ck.CKM_PBE_SHA1_DES3_EDE_CBC, PBE],
]);

const HASHES = { sha1: "sha1", sha224: "sha224", sha256: "sha256", sha384: "sha384", sha512: "sha512" } as const;

/** The parameters in `values`. Errors: UsageError. */
export function passwordParameters({ iterations }: PasswordSyntax, values: Values): PasswordParameters {
  return {
    hash: values.has("hash") ? requireChoice(values, "hash", HASHES) : "sha256",
    iterations: optionalNumber(values, "iterations") ?? iterations,
    salt: optionalHex(values, "salt"),
  };
}

/** The parameters as they are written behind the colon, so that the same key can be made again. */
export function formatParameters({ keys }: PasswordSyntax, { hash, iterations, salt }: PasswordParameters): string {
  const texts = { hash, iterations: String(iterations), salt: toHex(salt ?? new Uint8Array(0)) };
  return keys.map((key) => `${key}=${texts[key]}`).join(",");
}

/** UTF-16BE with two zero bytes behind (RFC 7292, B.1) of UTF-8; by way of bytes, since a string cannot be wiped. */
function bmpString(utf8: Uint8Array): Uint8Array {
  const wide = transcode(utf8, "utf8", "utf16le").swap16();
  const text = new Uint8Array(wide.length + 2);
  text.set(wide);
  wide.fill(0);
  return text;
}
