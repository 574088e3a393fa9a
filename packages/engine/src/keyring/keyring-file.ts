/**
 * The format of a keyring file: a header that says how to derive the unseal key, and the registers, sealed with
 * XAES-256-GCM and a hedged nonce. Integers are big-endian.
 *
 *    0   4  magic "G11K"
 *    4   1  version              1
 *    5   1  derivation           0: the unseal key is the secret itself; 1: Argon2id of a passphrase
 *    6   2  lanes                these four are zero for derivation 0
 *    8   4  memory in KiB
 *   12   4  passes
 *   16  16  salt
 *   32  24  nonce
 *   56   n  registers            canonical TLV (sealing/tlv.ts), encrypted
 * 56+n  16  tag                  over the registers and bytes 0..55
 */
import * as ck from "@grep11/cryptoki";
import type { RandomSource } from "../primitives/random.ts";
import { XAES_TAG_BYTES } from "../primitives/symmetric/xaes.ts";
import { hedgedNonce } from "../sealing/hedged-nonce.ts";
import { bytes, INVALID, number, optional, record } from "../sealing/tlv.ts";
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

const key = optional(bytes);
const REGISTERS = record({
  epoch: [1, number],
  current: [2, key],
  nextUncommitted: [3, key],
  nextCommitted: [4, key],
  previous: [5, key],
});

export function serialiseKeyring(keyring: Keyring, unsealKey: UnsealKey, random: RandomSource): Uint8Array {
  const { epoch, current, next, previous } = keyring;
  const keys = {
    current: current?.export(),
    nextUncommitted: next?.committed === false ? next.masterKey.export() : undefined,
    nextCommitted: next?.committed === true ? next.masterKey.export() : undefined,
    previous: previous?.export(),
  };
  const registers = REGISTERS.encode({ epoch, ...keys });
  const file = new Uint8Array(REGISTERS_AT + registers.length + XAES_TAG_BYTES);
  writeDerivation(file, unsealKey.derivation);
  file.set(hedgedNonce(unsealKey.hedgeKey, random, file.subarray(0, NONCE_AT), registers), NONCE_AT);
  const header = file.subarray(0, REGISTERS_AT);
  file.set(unsealKey.cipher.seal(header.subarray(NONCE_AT), registers, header), REGISTERS_AT);
  for (const bytes of Object.values(keys)) bytes?.fill(0);
  registers.fill(0);
  return file;
}

/** Returns the argument of `UnsealKey.derive` for a file. Throws CKR_ARGUMENTS_BAD if the file is not supported. */
export function parseDerivation(file: Uint8Array): KeyDerivation {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < REGISTERS_AT + XAES_TAG_BYTES || view.getUint32(0) !== MAGIC) {
    throw ck.CkError.argumentsBad("this is not a keyring file");
  }
  if (file[VERSION_AT] !== VERSION)
    throw ck.CkError.argumentsBad(`the keyring file has an unsupported version: ${file[VERSION_AT]}`);
  const kind = file[DERIVATION_AT];
  if (kind === FROM_KEY && file.subarray(LANES_AT, NONCE_AT).every((byte) => byte === 0)) return { kind: "key" };
  if (kind !== FROM_PASSPHRASE) throw ck.CkError.argumentsBad("the keyring file has an unsupported kind of unseal key");
  return {
    kind: "passphrase",
    lanes: view.getUint16(LANES_AT),
    memoryKiB: view.getUint32(MEMORY_AT),
    passes: view.getUint32(PASSES_AT),
    salt: new Uint8Array(file.subarray(SALT_AT, NONCE_AT)),
  };
}

/**
 * Throws CKR_ARGUMENTS_BAD like {@link parseDerivation}, CKR_IBM_BLOB_ERROR if the file does not open: a wrong secret cannot
 * be distinguished from a damaged file.
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
  const parsed = REGISTERS.decode(registers);
  if (parsed === INVALID) return undefined;
  const { epoch, ...keys } = parsed;
  try {
    const areLong = Object.values(keys).every((bytes) => (bytes?.length ?? MASTER_KEY_BYTES) === MASTER_KEY_BYTES);
    if (!areLong || (keys.nextCommitted !== undefined && keys.nextUncommitted !== undefined)) return undefined;
    const masterKey = (bytes: Uint8Array | undefined) => bytes && new MasterKey(bytes);
    const next = masterKey(keys.nextCommitted ?? keys.nextUncommitted);
    return new Keyring({
      epoch,
      current: masterKey(keys.current),
      next: next && { masterKey: next, committed: keys.nextCommitted !== undefined },
      previous: masterKey(keys.previous),
    });
  } finally {
    for (const bytes of Object.values(keys)) bytes?.fill(0);
  }
}
