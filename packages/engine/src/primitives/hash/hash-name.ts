/** Names of the hash functions (FIPS 180-4, FIPS 202), their output and block lengths in bytes, and OpenSSL's names. */
export type HashName = keyof typeof HASHES;

export const HASHES = {
  sha1: { bytes: 20, blockBytes: 64, openssl: "sha1" },
  sha224: { bytes: 28, blockBytes: 64, openssl: "sha224" },
  sha256: { bytes: 32, blockBytes: 64, openssl: "sha256" },
  sha384: { bytes: 48, blockBytes: 128, openssl: "sha384" },
  sha512: { bytes: 64, blockBytes: 128, openssl: "sha512" },
  "sha512-224": { bytes: 28, blockBytes: 128, openssl: "sha512-224" },
  "sha512-256": { bytes: 32, blockBytes: 128, openssl: "sha512-256" },
  "sha3-224": { bytes: 28, blockBytes: 144, openssl: "sha3-224" },
  "sha3-256": { bytes: 32, blockBytes: 136, openssl: "sha3-256" },
  "sha3-384": { bytes: 48, blockBytes: 104, openssl: "sha3-384" },
  "sha3-512": { bytes: 64, blockBytes: 72, openssl: "sha3-512" },
} as const satisfies Record<string, { bytes: number; blockBytes: number; openssl: string }>;
