/**
 * A keyring as a file: a clear, authenticated header that says how the unseal key is made, then the registers, sealed with
 * XAES-256-GCM and a hedged nonce. Integers are big-endian. Who reads and writes files is not the business of this package.
 *
 *    0   4  magic "G11K"
 *    4   1  version              1
 *    5   1  derivation           0: the unseal key is the secret itself; 1: Argon2id of a passphrase
 *    6   2  lanes                these four are zero for derivation 0
 *    8   4  memory in KiB
 *   12   4  passes
 *   16  16  salt
 *   32  24  nonce
 *   56   n  registers            canonical TLV (blobs/tlv.ts), encrypted
 * 56+n  16  tag                  over the registers and bytes 0..55
 */
import * as ck from "@grep11/cryptoki";
import type { RandomSource } from "../primitives/random.ts";
import { XAES_TAG_BYTES } from "../primitives/symmetric/xaes.ts";
import { hedgedNonce } from "../sealing/hedged-nonce.ts";
import { encodeFields, encodeNumber, hasExactly, parseFields, parseNumber } from "../sealing/tlv.ts";
import { Keyring } from "./keyring.ts";
import { MASTER_KEY_BYTES, MasterKey } from "./master-key.ts";
import type { KeyDerivation, UnsealKey } from "./unseal-key.ts";

const MAGIC = 0x4731314b;
const VERSION = 1;
const VERSION_AT = 4;
const DERIVATION_AT = 5;
const LANES_AT = 6;
const MEMORY_AT = 8;
const PASSES_AT = 12;
const SALT_AT = 16;
const NONCE_AT = 32;
const REGISTERS_AT = 56;

const FROM_KEY = 0;
const FROM_PASSPHRASE = 1;

const EPOCH = 1;
const CURRENT = 2;
const NEXT_UNCOMMITTED = 3;
const NEXT_COMMITTED = 4;
const PREVIOUS = 5;
const KEYS = [CURRENT, NEXT_UNCOMMITTED, NEXT_COMMITTED, PREVIOUS];

/** The bytes of a keyring file. */
export function serialiseKeyring(keyring: Keyring, unsealKey: UnsealKey, random: RandomSource): Uint8Array {
  const { epoch, current, next, previous } = keyring;
  const keys = [
    [CURRENT, current?.export()],
    [NEXT_UNCOMMITTED, next?.committed === false ? next.masterKey.export() : undefined],
    [NEXT_COMMITTED, next?.committed === true ? next.masterKey.export() : undefined],
    [PREVIOUS, previous?.export()],
  ] as const;
  const registers = encodeFields([[EPOCH, encodeNumber(epoch)], ...keys]);
  const file = new Uint8Array(REGISTERS_AT + registers.length + XAES_TAG_BYTES);
  writeDerivation(file, unsealKey.derivation);
  file.set(hedgedNonce(unsealKey.hedgeKey, random, file.subarray(0, NONCE_AT), registers), NONCE_AT);
  const header = file.subarray(0, REGISTERS_AT);
  const [ciphertext, tag] = unsealKey.cipher.seal(header.subarray(NONCE_AT), registers, header);
  file.set(ciphertext, REGISTERS_AT);
  file.set(tag, REGISTERS_AT + ciphertext.length);
  for (const [, key] of keys) key?.fill(0);
  registers.fill(0);
  return file;
}

/**
 * How the unseal key of this file is made, to be given to `UnsealKey.derive`. Throws CKR_ARGUMENTS_BAD if `file` is no
 * keyring file of a version this program knows.
 */
export function parseDerivation(file: Uint8Array): KeyDerivation {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < REGISTERS_AT + XAES_TAG_BYTES || view.getUint32(0) !== MAGIC) {
    throw ck.CkError.argumentsBad("this is not a keyring file");
  }
  if (file[VERSION_AT] !== VERSION)
    throw ck.CkError.argumentsBad(`a keyring file of unknown version ${file[VERSION_AT]}`);
  const kind = file[DERIVATION_AT];
  if (kind === FROM_KEY && file.subarray(LANES_AT, NONCE_AT).every((byte) => byte === 0)) return { kind: "key" };
  if (kind !== FROM_PASSPHRASE) throw ck.CkError.argumentsBad("a keyring file with an unknown kind of unseal key");
  return {
    kind: "passphrase",
    lanes: view.getUint16(LANES_AT),
    memoryKiB: view.getUint32(MEMORY_AT),
    passes: view.getUint32(PASSES_AT),
    salt: new Uint8Array(file.subarray(SALT_AT, NONCE_AT)),
  };
}

/**
 * The keyring in a file. Throws CKR_ARGUMENTS_BAD as {@link parseDerivation} does, CKR_IBM_BLOB_ERROR if it does not open: a
 * wrong secret and a damaged file cannot be told apart.
 */
export function parseKeyring(file: Uint8Array, unsealKey: UnsealKey): Keyring {
  parseDerivation(file);
  const header = file.subarray(0, REGISTERS_AT);
  const registers = unsealKey.cipher.open(header.subarray(NONCE_AT), file.subarray(REGISTERS_AT), header);
  const keyring = registers && parseRegisters(registers);
  registers?.fill(0);
  if (keyring === undefined) {
    throw new ck.CkError(
      ck.CKR_IBM_BLOB_ERROR,
      "the keyring does not open: wrong passphrase or key, or a damaged file",
    );
  }
  return keyring;
}

function writeDerivation(file: Uint8Array, derivation: KeyDerivation): void {
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC);
  file[VERSION_AT] = VERSION;
  if (derivation.kind === "key") return;
  file[DERIVATION_AT] = FROM_PASSPHRASE;
  view.setUint16(LANES_AT, derivation.lanes);
  view.setUint32(MEMORY_AT, derivation.memoryKiB);
  view.setUint32(PASSES_AT, derivation.passes);
  file.set(derivation.salt, SALT_AT);
}

function parseRegisters(registers: Uint8Array): Keyring | undefined {
  const fields = parseFields(registers);
  if (fields === undefined) return undefined;
  if (!hasExactly(fields, [EPOCH], KEYS)) return undefined;
  if (fields.has(NEXT_UNCOMMITTED) && fields.has(NEXT_COMMITTED)) return undefined;
  const epoch = parseNumber(fields.get(EPOCH));
  const lengths = KEYS.map((tag) => fields.get(tag)?.length ?? MASTER_KEY_BYTES);
  if (epoch === undefined || lengths.some((length) => length !== MASTER_KEY_BYTES)) return undefined;
  const masterKey = (tag: number) => {
    const bytes = fields.get(tag);
    if (bytes === undefined) return undefined;
    const key = new MasterKey(bytes);
    bytes.fill(0);
    return key;
  };
  const committed = fields.has(NEXT_COMMITTED);
  const next = masterKey(committed ? NEXT_COMMITTED : NEXT_UNCOMMITTED);
  return new Keyring({
    epoch,
    current: masterKey(CURRENT),
    next: next && { masterKey: next, committed },
    previous: masterKey(PREVIOUS),
  });
}
