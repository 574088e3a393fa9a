/**
 * Chooses the code that hashes in parts, signs digests and encrypts: OpenSSL called directly if it passes its
 * self-test, otherwise JavaScript and node:crypto. The choice is made once per thread, at first use; the results are
 * the same.
 */
import { portableCompression } from "../hash/hash-portable.ts";
import type { Compress, CompressionName } from "../hash/hash-state.ts";
import { type Ciphers, NODE_CIPHERS } from "../symmetric/ciphers.ts";
import { loadOpenSsl, type OpenSsl } from "./openssl.ts";
import { passesSelfTest } from "./selftest.ts";

export type CryptoBackend = "openssl" | "portable";

interface Chosen {
  readonly openSsl: OpenSsl | undefined;
  readonly compression: Readonly<Record<CompressionName, Compress>>;
}

const PORTABLE: Chosen = { openSsl: undefined, compression: portableCompression };

let chosen: Chosen | undefined;

function choose(): Chosen {
  const openSsl = loadOpenSsl();
  if (openSsl === undefined) return PORTABLE;
  const compression = { ...portableCompression, ...openSsl.compression };
  return passesSelfTest(openSsl, compression) ? { openSsl, compression } : PORTABLE;
}

function backend(): Chosen {
  chosen ??= choose();
  return chosen;
}

/** The first call tests OpenSSL. */
export function cryptoBackend(): CryptoBackend {
  return backend().openSsl === undefined ? "portable" : "openssl";
}

/** Returns undefined if OpenSSL cannot be called directly. */
export function openSslInUse(): OpenSsl | undefined {
  return backend().openSsl;
}

export function ciphersInUse(): Ciphers {
  return backend().openSsl?.ciphers ?? NODE_CIPHERS;
}

export function compressionInUse(): Readonly<Record<CompressionName, Compress>> {
  return backend().compression;
}

/** Lets tests run with both backends. `openssl` is chosen only if it passes its self-test. */
export function useCryptoBackend(wanted: CryptoBackend): void {
  chosen = wanted === "portable" ? PORTABLE : choose();
}
