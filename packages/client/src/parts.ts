/**
 * Multi-part operations over any amount of data. One Update is under way at a time: the next part is read from the source
 * when the one before it was answered and taken, so memory stays at a few parts however slow either side is.
 * Data that fits one part goes through the …Single function in one round trip, which every mechanism allows; more data
 * needs a mechanism that takes parts (else CKR_MECHANISM_INVALID).
 */
import * as ck from "@grep11/cryptoki";
import { concatenateAll } from "@grep11/encoding";

/** Where data comes from; parts of any size. */
export type PartSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>;

/** How a multi-part operation runs. */
export interface PartOptions extends ck.CallOptions {
  /** Bytes per Update, 1 MiB by default; a GREP11 service takes about 4 MiB at most. `timeoutMs` counts per call. */
  readonly partSize?: number;
}

/** A mechanism and the key it uses; for verifying the public key, for MACs the secret key itself. */
export interface KeyedMechanism {
  readonly mech: ck.Mechanism;
  readonly key: ck.KeyArgument;
}

/** The clear text `source` encrypted. Errors: as encryptInit, encryptUpdate and encryptFinal. */
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
      const answer = await ep11.encryptUpdate({ state, plain }, options);
      return { state: answer.state, output: answer.ciphered };
    },
    final: async (state) => (await ep11.encryptFinal({ state }, options)).ciphered,
  });
}

/**
 * The cipher text `source` decrypted. Clear text comes before the padding of the last block was checked: whoever acts on
 * it must wait for the end. Authenticated ciphers (CKM_AES_GCM) decrypt in one call only: `partSize` must hold all of it.
 * Errors: as decryptInit, decryptUpdate and decryptFinal.
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
      const answer = await ep11.decryptUpdate({ state, ciphered }, options);
      return { state: answer.state, output: answer.plain };
    },
    final: async (state) => (await ep11.decryptFinal({ state }, options)).plain,
  });
}

/** The digest of `source`; no data at all gives the digest of the empty string. Errors: as digestInit. */
export function digestParts(
  ep11: ck.Ep11,
  mech: ck.Mechanism,
  source: PartSource,
  options: PartOptions = {},
): Promise<Uint8Array> {
  const operation: Operation = {
    // DigestSingle refuses empty data (behaviour of GREP11), DigestInit and DigestFinal give the digest of nothing.
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

/** The signature or MAC of `source`. Errors: as signInit and signUpdate. */
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

/** Resolves when `signature` belongs to `source`. Errors: CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE, as verifyInit. */
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

/** What the five kinds of operation have in common. */
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
      const answer = await operation.update(state, part);
      state = answer.state;
      if (answer.output !== undefined && answer.output.length > 0) yield answer.output;
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

/** `source` cut into parts of exactly `size` bytes, the last one shorter. Errors: CKR_ARGUMENTS_BAD for a size below 1. */
export async function* partsOf(source: PartSource, size: number): AsyncGenerator<Uint8Array, void> {
  if (!Number.isSafeInteger(size) || size < 1) throw ck.CkError.argumentsBad("a part has at least one byte");
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
