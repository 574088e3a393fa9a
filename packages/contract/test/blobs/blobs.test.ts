/**
 * Tests that sealed data cannot be altered: flips every bit of keys, states and MACed public keys on the engine, and some of the
 * bits over the wire.
 */
import { mechanism } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { expect, it } from "vitest";
import type { SampleKey } from "../../src/index.ts";
import { flipBit, onEveryTarget, type Subject, sample } from "../support/on-every-target.ts";
import { outcome } from "../support/rv.ts";

const CBC = mechanism.aesCbcPad(new Uint8Array(16));
/**
 * The range of bits of a blob's WKID (docs/reference/ep11.md#key-blob). If one of these bits is changed, the blob names
 * another master key.
 */
const WKID = { from: 8 * 32, to: 8 * 48 };

/** Returns the bits to flip: all of them on the engine, about fifty on other targets. */
function bitsOf({ name }: Subject, bytes: Uint8Array): number[] {
  const bits = 8 * bytes.length;
  const step = name === "engine" ? 1 : Math.max(1, Math.floor(bits / 53));
  return Array.from({ length: Math.ceil(bits / step) }, (_, index) => index * step);
}

/** Calls `use` with copies of `bytes` in which one bit is altered. Maps each resulting CKR_* to the first bit that caused it. */
async function rvsOf(subject: Subject, bytes: Uint8Array, use: (altered: Uint8Array) => Promise<unknown>) {
  const rvs = new Map<number | "accepted", number>();
  for (const bit of bitsOf(subject, bytes)) {
    const error = await outcome(use(flipBit(bytes, bit)));
    const rv = error instanceof ck.CkError ? error.rv : "accepted";
    const inWkid = bit >= WKID.from && bit < WKID.to;
    if (rv === ck.CKR_IBM_WKID_MISMATCH && bytes[0] !== 0x30) expect(inWkid, `bit ${bit}`).toBe(true);
    if (!rvs.has(rv)) rvs.set(rv, bit);
  }
  return rvs;
}

const KEYS: readonly SampleKey[] = ["AES-256", "generic-32", "P-256", "Ed25519"];

onEveryTarget("altered blobs", (subject) => {
  it.each(KEYS)("no bit of a sealed %s key can be changed", async (kind) => {
    const { privateKey } = await subject.keys.key(kind);
    const read = (object: Uint8Array) => subject.target.ep11.getAttributeValue({ object, attributes: [ck.CKA_CLASS] });
    const rvs = await rvsOf(subject, privateKey, read);
    expect([...rvs.keys()].sort()).toEqual([ck.CKR_IBM_BLOB_ERROR, ck.CKR_IBM_WKID_MISMATCH].sort());
  });

  it.each(["P-256", "Ed25519", "RSA-2048"] as const)("no bit of a MACed %s public key can be changed", async (kind) => {
    const { publicKey } = await subject.keys.key(kind);
    const read = (object: Uint8Array) => subject.target.ep11.getAttributeValue({ object, attributes: [ck.CKA_CLASS] });
    const rvs = await rvsOf(subject, publicKey, read);
    expect([...rvs.keys()].sort()).toEqual([ck.CKR_IBM_BLOB_ERROR, ck.CKR_IBM_WKID_MISMATCH].sort());
  });

  it("an altered public key is not accepted as a KEK", async () => {
    const { publicKey } = await subject.keys.key("RSA-2048");
    const { privateKey: key } = await subject.keys.key("AES-128");
    const mech = mechanism.rsaPkcs();
    const rvs = await rvsOf(subject, publicKey, (kek) => subject.target.ep11.wrapKey({ mech, kek, key }));
    expect([...rvs.keys()].sort()).toEqual([ck.CKR_IBM_BLOB_ERROR, ck.CKR_IBM_WKID_MISMATCH].sort());
  });

  it("no bit of a state can be changed", async () => {
    const { ep11 } = subject.target;
    const { privateKey: key } = await subject.keys.key("AES-256");
    const data = sample(20);
    const hmac = mechanism.hmac("sha256");
    const digesting = await ep11.digestInit({ mech: mechanism.digest("sha256") });
    const encrypting = await ep11.encryptInit({ mech: CBC, key });
    const decrypting = await ep11.decryptInit({ mech: CBC, key });
    const signing = await ep11.signInit({ mech: hmac, privKey: key });
    const verifying = await ep11.verifyInit({ mech: hmac, pubKey: key });
    const uses: [Uint8Array, (state: Uint8Array) => Promise<unknown>][] = [
      [(await ep11.digestUpdate({ ...digesting, data })).state, (state) => ep11.digestFinal({ state })],
      [(await ep11.encryptUpdate({ ...encrypting, plain: data })).state, (state) => ep11.encryptFinal({ state })],
      [
        (await ep11.decryptUpdate({ ...decrypting, ciphered: data })).state,
        (state) => ep11.decryptUpdate({ state, ciphered: data }),
      ],
      [(await ep11.signUpdate({ ...signing, data })).state, (state) => ep11.signFinal({ state })],
      [(await ep11.verifyUpdate({ ...verifying, data })).state, (state) => ep11.verifyUpdate({ state, data })],
    ];
    for (const [state, use] of uses) {
      const rvs = new Set<number | string>();
      for (const bit of bitsOf(subject, state)) {
        const error = await outcome(use(flipBit(state, bit)));
        rvs.add(error instanceof ck.CkError ? error.rv : `accepted bit ${bit}`);
      }
      expect([...rvs]).toEqual([ck.CKR_SAVED_STATE_INVALID]);
    }
  });

  it("two blobs of one key differ, and both work", async () => {
    const { ep11 } = subject.target;
    const { privateKey } = await subject.keys.key("AES-128");
    const seals = await Promise.all(
      [1, 2].map(() => ep11.setAttributeValue({ object: privateKey, attributes: new Map() })),
    );
    expect(seals[0]!.object).not.toEqual(seals[1]!.object);
    for (const { object } of seals) {
      expect(
        (await ep11.getAttributeValue({ object, attributes: [ck.CKA_VALUE_LEN] })).attributes.get(ck.CKA_VALUE_LEN),
      ).toBe(16);
    }
  });
});
