/** Reads the key in the PEM blocks of a file. */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { type ClearFile, refusal } from "./clear-file.ts";
import { refuseLabels } from "./foreign-format.ts";
import { readOpenSshPrivateKey } from "./openssh.ts";
import type { PemBlock } from "./pem-blocks.ts";
import { unreadablePrivateKey } from "./unreadable.ts";

/** The half of a key pair that the caller prefers. */
export type Wanted = "private" | "public";

const isPrivate = ({ label }: PemBlock) => label.endsWith("PRIVATE KEY");
const isPublic = ({ label }: PemBlock) => /^((RSA|DSA|EC) )?PUBLIC KEY$/.test(label);
const isCertificate = ({ label }: PemBlock) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label);

/** Returns the `wanted` half of the key in `blocks`, or else the other half. Errors: UsageError if there are different keys. */
export async function keyOfBlocks(file: ClearFile, blocks: readonly PemBlock[], wanted: Wanted): Promise<KeyObject> {
  const publicKeys = blocks.filter(isPublic).map((block) => publicKeyOf(file, block));
  const certificates = blocks.filter(isCertificate).map((block) => certificateOf(file, block));
  const hasPublic = publicKeys.length + certificates.length > 0;
  if (wanted === "private" || !hasPublic) {
    const key = await onlyPrivateKey(file, blocks.filter(isPrivate));
    if (key !== undefined) {
      requireMatch(file, key, publicKeys, certificates);
      return key;
    }
  }
  if (publicKeys.length > 0) return onlyPublicKey(file, publicKeys);
  const [first, ...issuers] = certificates;
  if (first === undefined) {
    const labels = blocks.map(({ label }) => label);
    return refuseLabels(file, labels);
  }
  requireChain(file, [first, ...issuers]);
  return publicKeyOfCertificate(file, first);
}

/** Returns the private key in the blocks, or undefined if there is none. Errors: UsageError if there are different keys. */
async function onlyPrivateKey(file: ClearFile, blocks: readonly PemBlock[]): Promise<KeyObject | undefined> {
  const found: { key: KeyObject; block: PemBlock }[] = [];
  for (const block of blocks) {
    const key = await privateKeyOf(file, block);
    if (!found.some((other) => isSame(other.key, key))) found.push({ key, block });
  }
  if (found.length > 1) {
    const places = found.map(({ key, block }) => `${key.asymmetricKeyType ?? block.label} in line ${block.line}`);
    throw refusal(
      file,
      `holds ${found.length} different private keys: there must be only one (${places.join(", ")}). Keep one of them in the file`,
    );
  }
  return found[0]?.key;
}

async function privateKeyOf(file: ClearFile, { label, encrypted, bytes }: PemBlock): Promise<KeyObject> {
  if (label === "OPENSSH PRIVATE KEY") return readOpenSshPrivateKey(file, bytes);
  const pass = encrypted ? { passphrase: Buffer.from(await file.passphrase()) } : {};
  try {
    return createPrivateKey({ key: Buffer.from(bytes), format: "pem", ...pass });
  } catch (error) {
    throw unreadablePrivateKey(file, error, encrypted);
  }
}

function publicKeyOf(file: ClearFile, { line, bytes }: PemBlock): KeyObject {
  try {
    return createPublicKey(Buffer.from(bytes));
  } catch {
    throw refusal(
      file,
      `holds a public key (line ${line}) that cannot be read: it is damaged, or of a type that OpenSSL does not know. Keys of types that only the HSM knows (bls, dilithium, kyber) need their --type`,
    );
  }
}

function certificateOf(file: ClearFile, { line, bytes }: PemBlock): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw refusal(file, `holds a damaged certificate (line ${line}): OpenSSL cannot read it. Get it again`);
  }
}

function publicKeyOfCertificate(file: ClearFile, certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch {
    throw refusal(
      file,
      "is a certificate whose public key cannot be read: its type is one that OpenSSL does not know. Such a key cannot be used here",
    );
  }
}

/** Checks that `key` is the private key of all public keys, and of one certificate if there are any. Errors: UsageError. */
function requireMatch(
  file: ClearFile,
  key: KeyObject,
  publicKeys: readonly KeyObject[],
  certificates: readonly X509Certificate[],
): void {
  const own = createPublicKey(key);
  const foreign = publicKeys.some((each) => !isSame(each, own));
  const uncertified = certificates.length > 0 && !certificates.some((each) => each.checkPrivateKey(key));
  if (!foreign && !uncertified) return;
  throw refusal(
    file,
    `holds a private key and a ${foreign ? "public key" : "certificate"} that do not belong together: one of them is from another pair. Keep only the right one`,
  );
}

function onlyPublicKey(file: ClearFile, [first, ...others]: readonly KeyObject[]): KeyObject {
  if (first !== undefined && others.every((other) => isSame(other, first))) return first;
  throw refusal(file, "holds several different public keys: there must be only one. Keep one of them in the file");
}

/** Checks that each certificate was issued by the next (RFC 8446, 4.4.2). Otherwise it would be unclear which one has the key. */
function requireChain(file: ClearFile, certificates: readonly X509Certificate[]): void {
  const isChain = certificates.every((each, at) => at === 0 || certificates[at - 1]?.checkIssued(each) === true);
  if (isChain) return;
  throw refusal(
    file,
    `holds ${certificates.length} certificates: they do not form a chain. Keep only the right one in the file`,
  );
}

/**
 * Returns whether two keys are equal. Compares the types first, because Node 24 leaves an error in OpenSSL's error queue when it
 * compares keys of different types. Reading the next key would then fail with that error.
 */
function isSame(one: KeyObject, other: KeyObject): boolean {
  return one.asymmetricKeyType === other.asymmetricKeyType && one.equals(other);
}
