/** Tests inputs that could keep the HSM busy, or make it fail with an unexpected error. */

import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { describe, expect, test } from "vitest";
import { rvOfCall, testEngine } from "../engine.ts";
import { wire } from "../wire.ts";

const engine = testEngine();
const RSA = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.NULL);
const NONE = new Uint8Array(0);

/** Returns an odd number that is `bytes` bytes long. */
function odd(bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(0xa5);
}

function rsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  return der.sequence(RSA, der.bitString(der.sequence(der.integer(modulus), der.integer(exponent))));
}

async function generated(mechanism: number, rights = new Map<number, number | boolean>()): Promise<Uint8Array> {
  const template = new Map<number, number | boolean>([[ck.CKA_VALUE_LEN, 32], ...rights]);
  return ck.sealedBytes((await engine.generateKey({ mech: { mechanism }, template })).key);
}

describe("numbers of a megabyte", () => {
  test("are refused as a public key", async () => {
    const spki = rsaSpki(odd(4 << 20), Uint8Array.of(3));
    const mech = { mechanism: ck.CKM_IBM_TRANSPORTKEY };
    const template = new Map([[ck.CKA_VERIFY, true]]);
    expect(await rvOfCall(engine.unwrapKey({ mech, wrapped: spki, kek: NONE, template }))).toBe(
      ck.CKR_WRAPPED_KEY_INVALID,
    );
    expect(await rvOfCall(engine.getAttributeValue({ object: spki, attributes: [] }))).toBe(ck.CKR_IBM_BLOB_ERROR);
  });

  test("are refused as a private key", async () => {
    const numbers = Array.from({ length: 8 }, () => der.integer(odd(500_000)));
    const pkcs8 = der.sequence(
      der.smallInteger(0),
      RSA,
      der.octetString(der.sequence(der.smallInteger(0), ...numbers)),
    );
    const mech = { mechanism: ck.CKM_AES_CBC_PAD, parameter: new Uint8Array(16) };
    const kek = await generated(ck.CKM_AES_KEY_GEN);
    const { ciphered } = await engine.encryptSingle({ mech, key: kek, plain: pkcs8 });
    const { object } = await engine.setAttributeValue({ object: kek, attributes: new Map([[ck.CKA_UNWRAP, true]]) });
    const template = new Map([[ck.CKA_KEY_TYPE, ck.CKK_RSA]]);
    const unwrapped = engine.unwrapKey({ mech, wrapped: ciphered, kek: object, template });
    expect(await rvOfCall(unwrapped)).toBe(ck.CKR_WRAPPED_KEY_INVALID);
  });
});

describe("an RSA key that is invalid or would take too long", () => {
  const keys: [string, Uint8Array, number][] = [
    ["exponent longer than the modulus", rsaSpki(odd(128), odd(129)), 128],
    ["exponent too long", rsaSpki(odd(512), odd(9)), 512],
    ["exponent of 257 bits", rsaSpki(odd(384), Uint8Array.of(1, ...odd(32))), 384],
    ["even modulus", rsaSpki(Uint8Array.of(...odd(127), 2), Uint8Array.of(3)), 128],
    ["modulus too long", rsaSpki(odd(4000), Uint8Array.of(3)), 4000],
  ];

  test.each(keys)("is refused with a specific error: %s", async (_name, key, bytes) => {
    const data = NONE;
    const signature = new Uint8Array(bytes).fill(1);
    const oaep = { type: "RSAOAEPParm", hashMech: ck.CKM_SHA_1, mgf: 1 } as const;
    const encrypt = (mech: ck.Mechanism) => engine.encryptSingle({ mech, key, plain: data });
    const verified = engine.verifySingle({ mech: { mechanism: ck.CKM_SHA256_RSA_PKCS }, pubKey: key, data, signature });
    expect(await rvOfCall(verified)).toBe(ck.CKR_PUBLIC_KEY_INVALID);
    expect(await rvOfCall(encrypt({ mechanism: ck.CKM_RSA_PKCS }))).toBe(ck.CKR_PUBLIC_KEY_INVALID);
    const encrypted = encrypt({ mechanism: ck.CKM_RSA_PKCS_OAEP, parameter: oaep });
    expect(await rvOfCall(encrypted)).toBe(ck.CKR_PUBLIC_KEY_INVALID);
    const imported = {
      mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY },
      wrapped: key,
      template: new Map([[ck.CKA_VERIFY, true]]),
    };
    expect(await rvOfCall(engine.unwrapKey({ ...imported, kek: NONE }))).toBe(ck.CKR_WRAPPED_KEY_INVALID);
  });
});

test("derivations hash no more than 4 KiB for a block", async () => {
  const des = await generated(ck.CKM_DES3_KEY_GEN, new Map([[ck.CKA_DERIVE, true]]));
  const derive = (fixed: number) => {
    const parameter = wire(ck.CKM_DES3_CMAC, 2, 0, 1, 8, 0, 32, 4, fixed, new Uint8Array(fixed));
    const mech = { mechanism: ck.CKM_SP800_108_COUNTER_KDF, parameter };
    const template = new Map([
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
      [ck.CKA_VALUE_LEN, 32],
    ]);
    return rvOfCall(engine.deriveKey({ mech, baseKey: des, template }));
  };
  expect(await derive(4060)).toBe(0);
  expect(await derive(4061)).toBe(ck.CKR_MECHANISM_PARAM_INVALID);
});
