import * as ck from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import { deriveKeyPath, type KeyPathRequest } from "./keys/key-tree.ts";
import { type NamedAttributes, template } from "./keys/template.ts";
import * as mechanism from "./mechanism.ts";
import { HARDENED } from "./mechanism.ts";

describe("template", () => {
  it("maps names to numbers and omits undefined", () => {
    const built = template({ CKA_ENCRYPT: true, CKA_VALUE_LEN: 32, CKA_LABEL: undefined });
    expect([...built]).toEqual([
      [ck.CKA_ENCRYPT, true],
      [ck.CKA_VALUE_LEN, 32],
    ]);
  });

  it("refuses unknown names and values of the wrong type", () => {
    const unknown = { CKA_NONSENSE: true } as NamedAttributes;
    expect(() => template(unknown)).toThrow(expect.objectContaining({ rv: ck.CKR_ATTRIBUTE_TYPE_INVALID }));
    const values: NamedAttributes[] = [
      { CKA_ENCRYPT: 1 },
      { CKA_VALUE_LEN: true },
      { CKA_VALUE_LEN: -1 },
      { CKA_VALUE_LEN: 1.5 },
      { CKA_EC_PARAMS: 5 },
    ];
    for (const value of values) {
      expect(() => template(value)).toThrow(expect.objectContaining({ rv: ck.CKR_ATTRIBUTE_VALUE_INVALID }));
    }
  });
});

describe("mechanism", () => {
  it("fills in the numbers of the hash", () => {
    const label = Uint8Array.of(1);
    expect(mechanism.rsaOaep({ hash: "sha256" })).toEqual({
      mechanism: ck.CKM_RSA_PKCS_OAEP,
      parameter: { type: "RSAOAEPParm", hashMech: ck.CKM_SHA256, mgf: ck.CKG_MGF1_SHA256 },
    });
    expect(mechanism.rsaOaep({ hash: "sha256", mgf: "sha1", label }).parameter).toMatchObject({
      mgf: ck.CKG_MGF1_SHA1,
      encodingParm: label,
    });
    expect(mechanism.rsaPssSignature({ hash: "sha384" })).toMatchObject({
      mechanism: ck.CKM_SHA384_RSA_PKCS_PSS,
      parameter: { hashMech: ck.CKM_SHA384, saltByteCount: 48 },
    });
    expect(mechanism.rsaPss({ hash: "sha384", saltLength: 0 }).parameter).toMatchObject({ saltByteCount: 0 });
    expect(mechanism.ecdh1({ publicData: label })).toEqual({
      mechanism: ck.CKM_ECDH1_DERIVE,
      parameter: { type: "ECDH1DeriveParm", kdf: ck.CKD_NULL, sharedData: new Uint8Array(0), publicData: label },
    });
    expect(mechanism.x25519({ publicData: label, kdf: "sha256" }).parameter).toMatchObject({ kdf: ck.CKD_SHA256_KDF });
    expect(mechanism.x448({ publicData: label, kdf: "hybrid" }).parameter).toMatchObject({
      kdf: ck.CKD_IBM_HYBRID_NULL,
    });
  });

  it("writes structures as numbers followed by the data they refer to", () => {
    const [iv, aad] = [new Uint8Array(12).fill(1), Uint8Array.of(9, 9)];
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
    expect(mechanism.aesGcm({ iv, aad }).parameter).toEqual(
      bytes(`0000000c 00000060 00000002 00000080 ${"01".repeat(12)} 0909`),
    );
    expect(mechanism.aesGcm({ iv, tagLength: 12 }).parameter).toEqual(
      bytes(`0000000c 00000060 00000000 00000060 ${"01".repeat(12)}`),
    );
    expect(mechanism.aesCcm({ dataLength: 5, nonce: iv, macLength: 8 }).parameter).toEqual(
      bytes(`00000005 0000000c 00000000 00000008 ${"01".repeat(12)}`),
    );
    const block = new Uint8Array(16).fill(2);
    expect(mechanism.aesCtr({ block, counterBits: 32 }).parameter).toEqual(bytes(`00000020 ${"02".repeat(16)}`));
    expect(mechanism.chacha20({ nonce: iv, counter: 1 }).parameter).toEqual(
      bytes(`00000020 00000060 01000000 ${"01".repeat(12)}`),
    );
    expect(mechanism.chacha20Poly1305({ nonce: iv, aad }).parameter).toEqual(
      bytes(`0000000c 00000002 ${"01".repeat(12)} 0909`),
    );
    expect(mechanism.hmacGeneral("sha384", 24)).toEqual({
      mechanism: ck.CKM_SHA384_HMAC_GENERAL,
      parameter: bytes("00000018"),
    });
    expect(mechanism.aesCmacGeneral(8).parameter).toEqual(bytes("00000008"));
    expect(mechanism.aesCbcEncryptData({ iv: block, data: aad }).parameter).toEqual(bytes(`${"02".repeat(16)} 0909`));
    expect(mechanism.des3CbcEncryptData({ iv: block.subarray(8), data: aad })).toEqual({
      mechanism: ck.CKM_DES3_CBC_ENCRYPT_DATA,
      parameter: bytes(`${"02".repeat(8)} 0909`),
    });
  });

  it("refuses initialisation vectors that would be misread, or padded with data", () => {
    const data = new Uint8Array(16);
    for (const create of [
      () => mechanism.aesGcm({ iv: new Uint8Array(0) }),
      () => mechanism.aesGcm({ iv: new Uint8Array(0), aad: data }),
      () => mechanism.chacha20Poly1305({ nonce: new Uint8Array(0) }),
      () => mechanism.chacha20Poly1305({ nonce: new Uint8Array(0), aad: new Uint8Array(4) }),
      () => mechanism.aesCtr({ block: new Uint8Array(12) }),
      () => mechanism.aesCbcEncryptData({ iv: new Uint8Array(0), data }),
      () => mechanism.aesCbcEncryptData({ iv: new Uint8Array(8), data }),
      () => mechanism.des3CbcEncryptData({ iv: new Uint8Array(0), data }),
    ]) {
      expect(create).toThrow(expect.objectContaining({ rv: ck.CKR_MECHANISM_PARAM_INVALID }));
    }
  });

  it("writes derivations, contexts and key transports in EP11's form", () => {
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
    const [salt, info] = [Uint8Array.of(1, 2), Uint8Array.of(9)];
    expect(mechanism.hkdf({ hash: "sha256", salt, info }).parameter).toEqual(
      bytes("00000003 00000250 00000002 00000002 00000000 00000001 0102 09"),
    );
    expect(mechanism.hkdf({ hash: "sha256", steps: "expand", saltKey: salt }).parameter).toEqual(
      bytes("00000002 00000250 00000004 00000000 00000002 00000000 0102"),
    );
    expect(mechanism.sp800Counter({ prf: "cmac", label: salt, context: info }).parameter).toEqual(
      bytes(
        "0000108a 00000005 00000000 00000001 00000008 00000000 00000020 00000004 00000002 0102 00000004 00000001 00" +
          "00000004 00000001 09 00000003 0000000c 00000001 00000000 00000020",
      ),
    );
    const chained =
      "00000001 00000000 00000002 00000008 00000000 00000020 00000004 00000002 0102 00000004 00000001 00" +
      "00000004 00000001 09 00000003 0000000c 00000001 00000000 00000020";
    expect(mechanism.sp800Feedback({ prf: "sha256", label: salt, context: info, iv: salt })).toEqual({
      mechanism: ck.CKM_SP800_108_FEEDBACK_KDF,
      parameter: bytes(`00000251 00000006 00000002 ${chained} 0102`),
    });
    expect(mechanism.sp800DoublePipeline({ prf: "sha256", label: salt, context: info })).toEqual({
      mechanism: ck.CKM_SP800_108_DOUBLE_PIPELINE_KDF,
      parameter: bytes(`00000251 00000006 00000000 ${chained}`),
    });
    expect(mechanism.pbkdf2({ hash: "sha256", iterations: 1000, salt, password: info }).parameter).toEqual(
      bytes("00000004 000003e8 00000002 00000001 0102 09"),
    );
    expect(mechanism.pbeSha1Des3({ iterations: 1000, salt, password: info }).parameter).toEqual(
      bytes("00000000 00000001 00000002 000003e8 09 0102"),
    );
    expect(mechanism.eddsa()).not.toHaveProperty("parameter");
    expect(mechanism.eddsa({ prehash: true, context: info }).parameter).toEqual(bytes("00000001 00000001 09"));
    expect(mechanism.mlDsa({ context: info, deterministic: true }).parameter).toEqual(bytes("00000003 00000001 09"));
    expect(mechanism.hashMlDsa({ hash: "sha3-256", deterministic: true })).toEqual({
      mechanism: ck.CKM_HASH_ML_DSA_SHA3_256,
      parameter: bytes("00000002 00000000"),
    });
    expect(mechanism.hashMlDsaOfDigest({ hash: "sha256", context: info }).parameter).toEqual(
      bytes("00000000 00000001 00000250 09"),
    );
    expect(mechanism.ethDerive({ step: "private-to-private", index: 5 }).parameter).toEqual(
      bytes("00000001 00000005 00000000 00000001 00000004"),
    );
    expect(mechanism.rsaAesKeyWrap({ hash: "sha256", label: info }).parameter).toEqual(
      bytes("00000100 00000250 00000002 00000001 09"),
    );
    expect(mechanism.ecdhAesKeyWrap({ kdf: "sha256", aesBits: 128 }).parameter).toEqual(
      bytes("00000080 00000006 00000000"),
    );
  });

  it("concatenates elements to aggregate, if they have the same length", () => {
    const elements = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)];
    expect(mechanism.aggregateSignatures(elements).parameter).toMatchObject({
      mode: 1,
      perElementSize: 2,
      elements: Uint8Array.of(1, 2, 3, 4),
    });
    expect(() => mechanism.aggregatePublicKeys([...elements, Uint8Array.of(5)])).toThrow(
      expect.objectContaining({ rv: ck.CKR_MECHANISM_PARAM_INVALID }),
    );
  });
});

describe("a key path", () => {
  const base = Uint8Array.of(1);
  const walked: number[] = [];
  const hsm = {
    deriveKey: async ({ mech }: ck.DeriveKeyRequest) => {
      const { parameter } = mech;
      if (parameter instanceof Uint8Array || parameter?.type !== "BTCDeriveParm")
        throw new Error("not a BTCDeriveParm");
      walked.push(parameter.deriveType, parameter.childKeyIndex);
      const newKey: ck.KeyBlob = {
        keyBlobId: base,
        version: 0,
        txId: base,
        attributes: new Map(),
        keyBlobs: [Uint8Array.of(walked.length)],
      };
      return { newKey, checkSum: new Uint8Array(32) };
    },
  } as Partial<ck.Ep11> as ck.Ep11;

  it.each<[string, Partial<KeyPathRequest>, number[]]>([
    ["m", {}, [4, 0]],
    ["m/44'/7", {}, [4, 0, 1, HARDENED + 44, 1, 7, 2, 7]],
    ["m/0h/1H", { toPublic: true }, [4, 0, 1, HARDENED, 2, HARDENED + 1]],
    ["3", { scheme: "SLIP-0010" }, [5, 3, 6, 3]],
    ["0/1", { fromPublic: true }, [3, 0, 3, 1]],
  ])("%s with %o takes the steps %o", async (path, more, expected) => {
    walked.length = 0;
    await deriveKeyPath(hsm, { scheme: "BIP32", path, base, template: new Map(), ...more });
    expect(walked).toEqual(expected);
  });

  it.each<[string, Partial<KeyPathRequest>]>([
    ["", {}],
    ["/", {}],
    ["m/", {}],
    ["m//1", {}],
    ["44''", {}],
    ["-1", {}],
    ["0x1", {}],
    ["m/2147483648", {}],
    ["M/1", {}],
    ["m", { toPublic: true }],
    ["m/1", { fromPublic: true }],
    ["1'", { scheme: "EIP-2333" }],
    ["1", { base: new Uint8Array(0) }],
  ])("%j with %o is invalid", async (path, more) => {
    const request: KeyPathRequest = { scheme: "BIP32", path, base, template: new Map(), ...more };
    await expect(deriveKeyPath(hsm, request)).rejects.toMatchObject({ rv: ck.CKR_ARGUMENTS_BAD });
  });
});
