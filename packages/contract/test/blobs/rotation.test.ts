/**
 * Tests the rotation of the master key (docs/reference/wire.md#rotation): which blobs and states can be opened at every stage,
 * and when RewrapKeyBlob succeeds.
 */
import { randomBytes } from "node:crypto";
import { mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { LiveKeyring } from "@grep11/engine";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeyring, KeyFixtures, openTarget, type Target, type TargetName } from "../../src/index.ts";
import { sample } from "../support/on-every-target.ts";

const TARGETS: readonly TargetName[] = ["engine", "in-memory", "grpc", "two"];
const CBC = mechanism.aesCbcPad(new Uint8Array(16));
const MISMATCH = ck.CKR_IBM_WKID_MISMATCH;
const NO_NEXT = ck.CKR_IBM_WK_NOT_INITIALIZED;
const OK = ck.CKR_OK;

/**
 * The steps of a rotation. After each step, three return values are expected: of a call with an old blob, of a call with a
 * rewrapped blob, and of RewrapKeyBlob.
 */
const STAGES = [
  { name: "before", step: (live: LiveKeyring) => live.keyring, old: OK, next: MISMATCH, rewrap: NO_NEXT },
  {
    name: "loaded",
    step: (live: LiveKeyring) => live.keyring.generate((length) => new Uint8Array(randomBytes(length))),
    old: OK,
    next: MISMATCH,
    rewrap: NO_NEXT,
  },
  {
    name: "committed",
    step: (live: LiveKeyring) => live.keyring.commit(live.keyring.next!.masterKey.verificationPattern),
    old: OK,
    next: MISMATCH,
    rewrap: OK,
  },
  { name: "activated", step: (live: LiveKeyring) => live.keyring.activate(), old: OK, next: OK, rewrap: NO_NEXT },
  {
    name: "finalised",
    step: (live: LiveKeyring) => live.keyring.finalise(),
    old: MISMATCH,
    next: OK,
    rewrap: MISMATCH,
  },
] as const;

describe.each(TARGETS)("rotation on %s", (name) => {
  let live: LiveKeyring;
  let target: Target;
  beforeEach(async () => {
    live = new LiveKeyring(createKeyring());
    target = await openTarget(name, { keyring: live });
  });
  afterEach(() => target.close());

  const expectRv = async (call: Promise<unknown>, rv: number) => {
    if (rv === OK) await call;
    else await expect(call).toThrowRv(rv);
  };

  it.each(["AES-256", "P-256", "RSA-2048"] as const)("carries a %s key over, stage by stage", async (kind) => {
    const { ep11 } = target;
    const pair = await new KeyFixtures(ep11).key(kind);
    const read = (object: Uint8Array) => ep11.getAttributeValue({ object, attributes: [ck.CKA_CLASS] });
    const rewrapped: Uint8Array[] = [];
    for (const stage of STAGES) {
      live.replace(stage.step(live));
      for (const key of new Set([pair.privateKey, pair.publicKey])) {
        await expectRv(read(key), stage.old);
        const rewrapping = ep11.rewrapKeyBlob({ wrappedKey: key });
        await expectRv(rewrapping, stage.rewrap);
        if (stage.rewrap === OK) rewrapped.push(ck.sealedBytes((await rewrapping).rewrappedKey));
      }
      for (const key of rewrapped) await expectRv(read(key), stage.next);
    }
    expect(rewrapped.length).toBe(pair.privateKey === pair.publicKey ? 1 : 2);
  });

  it("a rewrapped key is the same key: it decrypts what the old one encrypted", async () => {
    const { ep11 } = target;
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const requested = template({ CKA_VALUE_LEN: 16, CKA_EXTRACTABLE: false, CKA_SIGN: false, CKA_LABEL: sample(3) });
    const { key } = await ep11.generateKey({ mech, template: requested });
    const { ciphered } = await ep11.encryptSingle({ mech: CBC, key, plain: sample(40) });
    for (const stage of STAGES.slice(1, 3)) live.replace(stage.step(live));
    const { rewrappedKey } = await ep11.rewrapKeyBlob({ wrappedKey: key });
    expect(rewrappedKey.keyBlobId).toEqual(key.keyBlobId);
    expect(rewrappedKey.version).toBe(key.version + 1);
    expect(rewrappedKey.txId).not.toEqual(key.txId);
    const [before, after] = [ck.sealedBytes(key), ck.sealedBytes(rewrappedKey)];
    expect(after.length).toBe(before.length);
    expect(after.subarray(48, 64)).toEqual(before.subarray(48, 64));
    expect(after.subarray(32, 48)).not.toEqual(before.subarray(32, 48));
    for (const stage of STAGES.slice(3)) live.replace(stage.step(live));
    expect((await ep11.decryptSingle({ mech: CBC, key: rewrappedKey, ciphered })).plain).toEqual(sample(40));
    const forbidden = ep11.signInit({ mech: mechanism.hmac("sha256"), privKey: rewrappedKey });
    await expect(forbidden).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
  });

  it("states are valid until the rotation is finalised, and new ones use the new master key", async () => {
    const { ep11 } = target;
    const mech = mechanism.digest("sha256");
    const { state } = await ep11.digestInit({ mech });
    const expected = (await ep11.digestSingle({ mech, data: sample(50) })).digest;
    for (const stage of STAGES.slice(1, 4)) live.replace(stage.step(live));
    const continued = await ep11.digestUpdate({ state, data: sample(50) });
    live.replace(STAGES[4].step(live));
    await expect(ep11.digestUpdate({ state, data: sample(50) })).toThrowRv(ck.CKR_SAVED_STATE_INVALID);
    expect((await ep11.digestFinal({ state: continued.state })).digest).toEqual(expected);
  });

  it("bare public keys do not depend on the master key", async () => {
    const { ep11 } = target;
    const spki = spkiOf((await new KeyFixtures(ep11).key("P-256")).publicKey);
    for (const stage of STAGES.slice(1, 3)) live.replace(stage.step(live));
    const { rewrappedKey } = await ep11.rewrapKeyBlob({ wrappedKey: spki });
    expect(ck.sealedBytes(rewrappedKey)).toEqual(spki);
  });
});
