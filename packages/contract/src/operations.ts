/** Gives the five multi-part operations one interface, so that every flow can run each of them. */
import type * as ck from "@grep11/cryptoki";

/** An operation with its mechanism and key. A verification has no output. */
export interface Operation {
  /** Calls the *Single function. */
  single(data: Uint8Array): Promise<Uint8Array>;
  init(): Promise<Uint8Array>;
  /** Ends an operation with a single call after Init, such as Sign or Encrypt. */
  once(state: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  update(state: Uint8Array, part: Uint8Array): Promise<{ readonly state: Uint8Array; readonly output: Uint8Array }>;
  final(state: Uint8Array): Promise<Uint8Array>;
}

const NOTHING = new Uint8Array(0);

async function silent(step: Promise<{ readonly state: Uint8Array }>) {
  return { state: (await step).state, output: NOTHING };
}

async function nothing(step: Promise<unknown>): Promise<Uint8Array> {
  await step;
  return NOTHING;
}

export function digestion(ep11: ck.Ep11, mech: ck.Mechanism): Operation {
  return {
    single: async (data) => (await ep11.digestSingle({ mech, data })).digest,
    init: async () => (await ep11.digestInit({ mech })).state,
    once: async (state, data) => (await ep11.digest({ state, data })).digest,
    update: (state, data) => silent(ep11.digestUpdate({ state, data })),
    final: async (state) => (await ep11.digestFinal({ state })).digest,
  };
}

export function encryption(ep11: ck.Ep11, mech: ck.Mechanism, key: ck.KeyArgument): Operation {
  return {
    single: async (plain) => (await ep11.encryptSingle({ mech, key, plain })).ciphered,
    init: async () => (await ep11.encryptInit({ mech, key })).state,
    once: async (state, plain) => (await ep11.encrypt({ state, plain })).ciphered,
    async update(state, plain) {
      const step = await ep11.encryptUpdate({ state, plain });
      return { state: step.state, output: step.ciphered };
    },
    final: async (state) => (await ep11.encryptFinal({ state })).ciphered,
  };
}

export function decryption(ep11: ck.Ep11, mech: ck.Mechanism, key: ck.KeyArgument): Operation {
  return {
    single: async (ciphered) => (await ep11.decryptSingle({ mech, key, ciphered })).plain,
    init: async () => (await ep11.decryptInit({ mech, key })).state,
    once: async (state, ciphered) => (await ep11.decrypt({ state, ciphered })).plain,
    async update(state, ciphered) {
      const step = await ep11.decryptUpdate({ state, ciphered });
      return { state: step.state, output: step.plain };
    },
    final: async (state) => (await ep11.decryptFinal({ state })).plain,
  };
}

export function signing(ep11: ck.Ep11, mech: ck.Mechanism, privKey: ck.KeyArgument): Operation {
  return {
    single: async (data) => (await ep11.signSingle({ mech, privKey, data })).signature,
    init: async () => (await ep11.signInit({ mech, privKey })).state,
    once: async (state, data) => (await ep11.sign({ state, data })).signature,
    update: (state, data) => silent(ep11.signUpdate({ state, data })),
    final: async (state) => (await ep11.signFinal({ state })).signature,
  };
}

/** Returns the operation that verifies `signature`. It throws if the signature is invalid. */
export function verification(
  ep11: ck.Ep11,
  mech: ck.Mechanism,
  pubKey: ck.KeyArgument,
  signature: Uint8Array,
): Operation {
  return {
    single: (data) => nothing(ep11.verifySingle({ mech, pubKey, data, signature })),
    init: async () => (await ep11.verifyInit({ mech, pubKey })).state,
    once: (state, data) => nothing(ep11.verify({ state, data, signature })),
    update: (state, data) => silent(ep11.verifyUpdate({ state, data })),
    final: (state) => nothing(ep11.verifyFinal({ state, signature })),
  };
}
