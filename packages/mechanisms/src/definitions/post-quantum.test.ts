import * as ck from "@grep11/cryptoki";
import { expect, test } from "vitest";
import { hex, reader, refuses, wire } from "../testing/parameters.ts";

const kyber = reader(ck.CKM_IBM_KYBER);
const kem = reader(ck.CKM_IBM_ML_KEM);
const signatureContext = reader(ck.CKM_ML_DSA);
const ibmSignatureContext = reader(ck.CKM_IBM_ML_DSA);
const digestContext = reader(ck.CKM_HASH_ML_DSA);

const NONE = new Uint8Array(0);
const CHAIN = new Uint8Array(32).fill(7);
const OTHER = { type: "ECSGParm", ecsgType: 3 } as const;
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

test("KyberKEMParm: a hybrid has a second secret, and only a hash has shared data", () => {
  const [blob, sharedData] = [hex("30"), hex("31")];
  expect(kem(KEM)).toMatchObject({ mode: "encapsulate", hash: undefined });
  const hybrid = kem({ ...KEM, mode: 2, kdf: ck.CKD_IBM_HYBRID_SHA256_KDF, blob, sharedData, prepend: true });
  expect(hybrid).toMatchObject({ mode: "decapsulate", hash: "sha256", prepend: true, sharedData });
  expect(kyber(undefined)).toBeUndefined();
  expect(kyber(NONE)).toBeUndefined();
  refuses(kyber, hex("00"), OTHER);
  refuses(kem, undefined, NONE, OTHER, { ...KEM, version: 1 }, { ...KEM, mode: 0 }, { ...KEM, mode: 3 });
  refuses(kem, { ...KEM, kdf: 0 }, { ...KEM, kdf: ck.CKD_SHA256_KDF, blob }, { ...KEM, sharedData });
  refuses(kem, { ...KEM, cipherText: CHAIN });
  refuses(kem, { ...KEM, kdf: ck.CKD_IBM_HYBRID_NULL }, { ...KEM, kdf: ck.CKD_IBM_HYBRID_NULL, blob, sharedData });
});

test("signature contexts: IBM counts hedge variants from 1, the standard from 0", () => {
  const context = hex("c0ffee");
  expect(signatureContext(undefined)).toEqual({ deterministic: false, context: NONE });
  expect(signatureContext(NONE)).toEqual({ deterministic: false, context: NONE });
  expect(signatureContext(wire(2, 3, context))).toEqual({ deterministic: true, context });
  expect(ibmSignatureContext(wire(2, 3, context))).toEqual({ deterministic: false, context });
  expect(ibmSignatureContext(wire(3, 0)).deterministic).toBe(true);
  expect(digestContext(wire(0, 3, ck.CKM_SHA256, context))).toEqual({
    deterministic: false,
    hash: "sha256",
    context,
  });
  for (const parse of [signatureContext, ibmSignatureContext]) {
    refuses(parse, OTHER, wire(4, 0), wire(1), wire(1, 1), wire(1, 0, 0), wire(1, 256, new Uint8Array(256)));
  }
  refuses(signatureContext, wire(3, 0));
  refuses(ibmSignatureContext, wire(0, 0));
  refuses(digestContext, undefined, NONE, wire(0, 0), wire(0, 0, 1), wire(0, 0, ck.CKM_SHA256, 0));
});
