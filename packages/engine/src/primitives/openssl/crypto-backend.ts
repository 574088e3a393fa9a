/**
 * The implementation of what node:crypto cannot do (continue hashes, sign digests), and of ciphers: OpenSSL called directly, if it passes its
 * self-test, else JavaScript. It is chosen once per thread, at first use; the results are the same.
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

/** Returns the backend in use, for logs and `grep11 mech`; the first call tests OpenSSL. */
export function cryptoBackend(): CryptoBackend {
  return backend().openSsl === undefined ? "portable" : "openssl";
}

/** Returns OpenSSL if it is the backend in use; otherwise undefined. */
export function openSslInUse(): OpenSsl | undefined {
  return backend().openSsl;
}

/** Returns the ciphers of the backend in use. */
export function ciphersInUse(): Ciphers {
  return backend().openSsl?.ciphers ?? NODE_CIPHERS;
}

/** Returns the compression functions of the backend in use. */
export function compressionInUse(): Readonly<Record<CompressionName, Compress>> {
  return backend().compression;
}

/** Sets the backend of this thread, so that tests can run with both. `openssl` is chosen only if it passes its self-test. */
export function useCryptoBackend(wanted: CryptoBackend): void {
  chosen = wanted === "portable" ? PORTABLE : choose();
}
