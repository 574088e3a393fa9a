import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { ckr } from "../../../test/keys.ts";
import { hex } from "../../../test/vectors.ts";
import { digestContext, ibmSignatureContext, signatureContext } from "./signature-context.ts";
import {
  aggregateParameter,
  aggregateParameterKeys,
  btcParameter,
  ecsgParameter,
  ethParameter,
  kemOrNoParameter,
  kemParameter,
  kemParameterKeys,
} from "./vendor.ts";

const NONE = new Uint8Array(0);
const CHAIN = new Uint8Array(32).fill(7);
const BTC = { type: "BTCDeriveParm", deriveType: 1, childKeyIndex: 5, chainCode: CHAIN, version: 1 } as const;
const AGG = { type: "ECAGGParm", version: 0, mode: 1, perElementSize: 2, elements: hex("01020304") } as const;
const KEM = {
  type: "KyberKEMParm",
  version: 0,
  mode: 1,
  kdf: ck.CKD_NULL,
  prepend: false,
  cipherText: NONE,
  sharedData: NONE,
  blob: NONE,
} as const;

function word(...numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  numbers.forEach((number, at) => {
    new DataView(bytes.buffer).setUint32(4 * at, number);
  });
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function refuses(parse: (parameter: ck.MechanismParameter | undefined) => unknown, ...parameters: unknown[]): void {
  for (const parameter of parameters) {
    expect(() => parse(parameter as ck.MechanismParameter), JSON.stringify(parameter)).toThrow(
      ckr(ck.CKR_MECHANISM_PARAM_INVALID),
    );
  }
}

describe("BTCDeriveParm", () => {
  test("structure and wire form agree", () => {
    const expected = { standard: "BIP32", step: "private-to-private", index: 5, chainCode: CHAIN };
    expect(btcParameter(BTC)).toEqual(expected);
    expect(btcParameter(join(word(1, 5, 32), CHAIN, word(1)))).toEqual(expected);
    expect(btcParameter({ ...BTC, deriveType: 8, chainCode: NONE })).toMatchObject({
      standard: "SLIP-0010",
      step: "master",
    });
  });

  test("everything else is refused", () => {
    refuses(btcParameter, undefined, NONE, AGG, word(1, 5, 32), join(word(1, 5, 32), CHAIN, word(1, 1)));
    refuses(btcParameter, { ...BTC, deriveType: 0 }, { ...BTC, deriveType: 9 }, { ...BTC, version: 0 });
    refuses(btcParameter, { ...BTC, chainCode: NONE }, { ...BTC, deriveType: 4 }, { ...BTC, childKeyIndex: 2 ** 32 });
    refuses(btcParameter, { ...BTC, deriveType: 3, childKeyIndex: 2 ** 31 });
    refuses(btcParameter, { ...BTC, deriveType: 7, childKeyIndex: 2 ** 32 - 1 });
  });
});

test("the ETH parameter has a wire form only", () => {
  expect(ethParameter(join(word(1, 9, 2, 1, 4), hex("aabb")))).toEqual({
    step: "private-to-private",
    index: 9,
    keyInfo: hex("aabb"),
  });
  expect(ethParameter(word(3, 0, 0, 1, 4)).step).toBe("master");
  refuses(ethParameter, undefined, NONE, BTC, word(4, 0, 0, 1, 4), word(1, 0, 0, 2, 4), word(1, 0, 0, 1, 3));
  refuses(ethParameter, word(1, 0, 0, 1, 4, 0), word(1, 0, 1, 1, 4), join(word(1, 0, 33, 1, 4), new Uint8Array(33)));
});

test("ECSGParm is one number", () => {
  const parser = ecsgParameter("possession");
  expect(parser({ type: "ECSGParm", ecsgType: 3 })).toBe("ec-sdsa");
  expect(parser(word(5))).toBe("zilliqa");
  expect(parser(word(6))).toBe("bls-possession");
  expect(ecsgParameter("basic")(word(6))).toBe("bls-basic");
  refuses(parser, undefined, NONE, BTC, word(4), word(3, 3), hex("000003"), { type: "ECSGParm", ecsgType: 0 });
});

test("ECAGGParm is cut into its elements", () => {
  const expected = { of: "signatures", elements: [hex("0102"), hex("0304")] };
  expect(aggregateParameter(AGG)).toEqual(expected);
  expect(aggregateParameter(join(word(0, 1, 2, 4), AGG.elements))).toEqual(expected);
  expect(aggregateParameterKeys(aggregateParameter(AGG))).toEqual([]);
  expect(aggregateParameterKeys(aggregateParameter({ ...AGG, mode: 2 }))).toEqual(expected.elements);
  refuses(aggregateParameter, undefined, NONE, BTC, { ...AGG, version: 1 }, { ...AGG, mode: 0 }, { ...AGG, mode: 3 });
  refuses(aggregateParameter, { ...AGG, elements: NONE }, { ...AGG, perElementSize: 3 }, { ...AGG, perElementSize: 0 });
  refuses(aggregateParameter, { ...AGG, perElementSize: 1, elements: new Uint8Array(13) });
});

test("KyberKEMParm: a hybrid has a second secret, and only a hash has shared data", () => {
  const [blob, sharedData] = [hex("30"), hex("31")];
  expect(kemParameter(KEM)).toMatchObject({ mode: "encapsulate", hash: undefined });
  const hybrid = kemParameter({ ...KEM, mode: 2, kdf: ck.CKD_IBM_HYBRID_SHA256_KDF, blob, sharedData, prepend: true });
  expect(hybrid).toMatchObject({ mode: "decapsulate", hash: "sha256", prepend: true, sharedData });
  expect(kemParameterKeys(hybrid)).toEqual([blob]);
  expect(kemParameterKeys(undefined)).toEqual([]);
  expect(kemParameterKeys(kemParameter({ ...KEM, blob }))).toEqual([blob]);
  expect(kemOrNoParameter(undefined)).toBeUndefined();
  expect(kemOrNoParameter(NONE)).toBeUndefined();
  refuses(kemOrNoParameter, hex("00"), BTC);
  refuses(kemParameter, undefined, NONE, BTC, { ...KEM, version: 1 }, { ...KEM, mode: 0 }, { ...KEM, mode: 3 });
  refuses(kemParameter, { ...KEM, kdf: 0 }, { ...KEM, kdf: ck.CKD_SHA256_KDF, blob }, { ...KEM, sharedData });
  refuses(kemParameter, { ...KEM, cipherText: CHAIN });
  refuses(
    kemParameter,
    { ...KEM, kdf: ck.CKD_IBM_HYBRID_NULL },
    { ...KEM, kdf: ck.CKD_IBM_HYBRID_NULL, blob, sharedData },
  );
});

test("signature contexts: IBM counts hedge variants from 1, the standard from 0", () => {
  const context = hex("c0ffee");
  expect(signatureContext(undefined)).toEqual({ deterministic: false, context: NONE });
  expect(signatureContext(NONE)).toEqual({ deterministic: false, context: NONE });
  expect(signatureContext(join(word(2, 3), context))).toEqual({ deterministic: true, context });
  expect(ibmSignatureContext(join(word(2, 3), context))).toEqual({ deterministic: false, context });
  expect(ibmSignatureContext(word(3, 0)).deterministic).toBe(true);
  expect(digestContext(join(word(0, 3, ck.CKM_SHA256), context))).toEqual({
    deterministic: false,
    hash: "sha256",
    context,
  });
  for (const parse of [signatureContext, ibmSignatureContext]) {
    refuses(parse, BTC, word(4, 0), word(1), word(1, 1), word(1, 0, 0), join(word(1, 256), new Uint8Array(256)));
  }
  refuses(signatureContext, word(3, 0));
  refuses(ibmSignatureContext, word(0, 0));
  refuses(digestContext, undefined, NONE, word(0, 0), word(0, 0, 1), word(0, 0, ck.CKM_SHA256, 0));
});
