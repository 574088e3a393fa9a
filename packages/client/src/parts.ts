/**
 * Runs multi-part operations over any amount of data.
 * - There is only one Update at a time. The next part is read after the result of the previous one was consumed, so
 *   only a few parts are in memory.
 * - Data that fits in one part is processed by one call of EncryptSingle, SignSingle and so on, which every mechanism
 *   supports.
 * - More data needs a mechanism that supports Update. Otherwise the operation fails with CKR_MECHANISM_INVALID.
 */
import * as ck from "@grep11/cryptoki";
import { concatenateAll } from "@grep11/encoding";

/** A source of data, in chunks of any size. */
export type PartSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Options of a multi-part operation. */
export interface PartOptions extends ck.CallOptions {
  /**
   * How many bytes each Update processes; 1 MiB by default. A GREP11 service accepts at most about 4 MiB. The inherited
   * option `timeoutMs` applies to each Update separately.
   */
  readonly partSize?: number;
}

/** A mechanism and its key. To verify a signature, use the public key. To verify a MAC, use the secret key. */
export interface KeyedMechanism {
  readonly mech: ck.Mechanism;
  readonly key: ck.KeyArgument;
}

/** Encrypts the plaintext `source`. Throws the errors of encryptInit, encryptUpdate and encryptFinal. */
export function encryptParts(
  ep11: ck.Ep11,
  { mech, key }: KeyedMechanism,
  source: PartSource,
  options: PartOptions = {},
): AsyncGenerator<Uint8Array> {
  return operate(source, options, {
    single: async (plain) => (await ep11.encryptSingle({ mech, key, plain }, options)).ciphered,
    init: () => ep11.encryptInit({ mech, key }, options),
    update: async (state, plain) => {
      const response = await ep11.encryptUpdate({ state, plain }, options);
      return { state: response.state, output: response.ciphered };
    },
    final: async (state) => (await ep11.encryptFinal({ state }, options)).ciphered,
  });
}

/**
 * Decrypts the ciphertext `source`. Plaintext is returned before the padding of the last block has been checked, so do
 * not use it before the generator has ended. Authenticated ciphers, such as CKM_AES_GCM, decrypt only in one call, so
 * `partSize` must be large enough for all data. Throws the errors of decryptInit, decryptUpdate and decryptFinal.
 */
export function decryptParts(
  ep11: ck.Ep11,
  { mech, key }: KeyedMechanism,
  source: PartSource,
  options: PartOptions = {},
): AsyncGenerator<Uint8Array> {
  return operate(source, options, {
    single: async (ciphered) => (await ep11.decryptSingle({ mech, key, ciphered }, options)).plain,
    init: () => ep11.decryptInit({ mech, key }, options),
    update: async (state, ciphered) => {
      const response = await ep11.decryptUpdate({ state, ciphered }, options);
      return { state: response.state, output: response.plain };
    },
    final: async (state) => (await ep11.decryptFinal({ state }, options)).plain,
  });
}

/** Returns the digest of `source`, which may be empty. Throws the errors of digestInit. */
export function digestParts(
  ep11: ck.Ep11,
  mech: ck.Mechanism,
  source: PartSource,
  options: PartOptions = {},
): Promise<Uint8Array> {
  const operation: Operation = {
    // A GREP11 service refuses empty data in DigestSingle, but computes its digest with DigestInit and DigestFinal.
    single: async (data) =>
      data.length > 0
        ? (await ep11.digestSingle({ mech, data }, options)).digest
        : operation.final((await operation.init()).state),
    init: () => ep11.digestInit({ mech }, options),
    update: (state, data) => ep11.digestUpdate({ state, data }, options),
    final: async (state) => (await ep11.digestFinal({ state }, options)).digest,
  };
  return collect(operate(source, options, operation));
}

/** Returns the signature or MAC of `source`. Throws the errors of signInit and signUpdate. */
export function signParts(
  ep11: ck.Ep11,
  { mech, key }: KeyedMechanism,
  source: PartSource,
  options: PartOptions = {},
): Promise<Uint8Array> {
  const operation: Operation = {
    single: async (data) => (await ep11.signSingle({ mech, privKey: key, data }, options)).signature,
    init: () => ep11.signInit({ mech, privKey: key }, options),
    update: (state, data) => ep11.signUpdate({ state, data }, options),
    final: async (state) => (await ep11.signFinal({ state }, options)).signature,
  };
  return collect(operate(source, options, operation));
}

/**
 * Resolves if `signature` is valid for `source`. Throws CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE, and the errors
 * of verifyInit.
 */
export async function verifyParts(
  ep11: ck.Ep11,
  { mech, key }: KeyedMechanism,
  source: PartSource,
  signature: Uint8Array,
  options: PartOptions = {},
): Promise<void> {
  const operation: Operation = {
    single: async (data) => {
      await ep11.verifySingle({ mech, pubKey: key, data, signature }, options);
      return NOTHING;
    },
    init: () => ep11.verifyInit({ mech, pubKey: key }, options),
    update: (state, data) => ep11.verifyUpdate({ state, data }, options),
    final: async (state) => {
      await ep11.verifyFinal({ state, signature }, options);
      return NOTHING;
    },
  };
  await collect(operate(source, options, operation));
}

const NOTHING = new Uint8Array(0);
const DEFAULT_PART_SIZE = 1 << 20;

/** The calls of one operation. All five kinds (encrypt, decrypt, digest, sign, verify) have this interface. */
interface Operation {
  single(data: Uint8Array): Promise<Uint8Array>;
  init(): Promise<{ readonly state: Uint8Array }>;
  update(state: Uint8Array, part: Uint8Array): Promise<{ readonly state: Uint8Array; readonly output?: Uint8Array }>;
  final(state: Uint8Array): Promise<Uint8Array>;
}

async function* operate(source: PartSource, options: PartOptions, operation: Operation): AsyncGenerator<Uint8Array> {
  const parts = partsOf(source, options.partSize ?? DEFAULT_PART_SIZE);
  try {
    const first = await parts.next();
    const second = first.done ? first : await parts.next();
    if (second.done) {
      const output = await operation.single(first.value ?? NOTHING);
      if (output.length > 0) yield output;
      return;
    }
    let { state } = await operation.init();
    for await (const part of resume([first.value ?? NOTHING, second.value], parts)) {
      const response = await operation.update(state, part);
      state = response.state;
      if (response.output !== undefined && response.output.length > 0) yield response.output;
    }
    const last = await operation.final(state);
    if (last.length > 0) yield last;
  } finally {
    await parts.return();
  }
}

async function* resume(taken: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* taken;
  yield* rest;
}

/**
 * Splits `source` into parts of exactly `size` bytes, except that the last can be shorter. Errors: CKR_ARGUMENTS_BAD for a size
 * below 1.
 */
export async function* partsOf(source: PartSource, size: number): AsyncGenerator<Uint8Array, void> {
  if (!Number.isSafeInteger(size) || size < 1)
    throw ck.CkError.argumentsBad("the size of a part must be at least one byte");
  let pending: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (length + rest.length >= size) {
      const cut = size - length;
      yield concatenateAll([...pending, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      pending = [];
      length = 0;
    }
    if (rest.length > 0) pending.push(rest);
    length += rest.length;
  }
  if (length > 0) yield concatenateAll(pending);
}

async function collect(outputs: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const output of outputs) parts.push(output);
  return concatenateAll(parts);
}
