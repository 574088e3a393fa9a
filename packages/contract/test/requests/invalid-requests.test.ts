/**
 * Tests malformed requests from JavaScript programs. Each method must refuse them with an error that names the field but does not
 * contain its value, both in process and behind the codec.
 */
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTarget, type Target } from "../../src/index.ts";

type Kind = "bytes" | "integer" | "key" | "mech" | "template" | "list";

const SHAPES: {
  readonly [M in keyof ck.Ep11]: { readonly [K in keyof Parameters<ck.Ep11[M]>[0]]-?: Kind | `${Kind}?` };
} = {
  generateRandom: { len: "integer" },
  digestInit: { mech: "mech" },
  digest: { state: "bytes", data: "bytes" },
  digestUpdate: { state: "bytes", data: "bytes" },
  digestKey: { state: "bytes", key: "key" },
  digestFinal: { state: "bytes" },
  digestSingle: { mech: "mech", data: "bytes" },
  encryptInit: { mech: "mech", key: "key" },
  decryptInit: { mech: "mech", key: "key" },
  encryptUpdate: { state: "bytes", plain: "bytes" },
  decryptUpdate: { state: "bytes", ciphered: "bytes" },
  encrypt: { state: "bytes", plain: "bytes" },
  decrypt: { state: "bytes", ciphered: "bytes" },
  encryptFinal: { state: "bytes" },
  decryptFinal: { state: "bytes" },
  encryptSingle: { mech: "mech", plain: "bytes", key: "key" },
  decryptSingle: { mech: "mech", ciphered: "bytes", key: "key" },
  signInit: { mech: "mech", privKey: "key" },
  verifyInit: { mech: "mech", pubKey: "key" },
  signUpdate: { state: "bytes", data: "bytes" },
  verifyUpdate: { state: "bytes", data: "bytes" },
  signFinal: { state: "bytes" },
  verifyFinal: { state: "bytes", signature: "bytes" },
  sign: { state: "bytes", data: "bytes" },
  verify: { state: "bytes", data: "bytes", signature: "bytes" },
  signSingle: { mech: "mech", data: "bytes", privKey: "key?" },
  verifySingle: { mech: "mech", data: "bytes", signature: "bytes", pubKey: "key" },
  reencryptSingle: { decMech: "mech", encMech: "mech", ciphered: "bytes", decKey: "key", encKey: "key" },
  generateKey: { mech: "mech", template: "template" },
  generateKeyPair: { mech: "mech", privKeyTemplate: "template", pubKeyTemplate: "template" },
  wrapKey: { mech: "mech", key: "key", kek: "key", macKey: "key?" },
  unwrapKey: { wrapped: "bytes", mech: "mech", template: "template", kek: "key?", macKey: "key?" },
  deriveKey: { mech: "mech", data: "bytes?", template: "template", baseKey: "key?" },
  getMechanismList: {},
  getMechanismInfo: { mech: "integer" },
  getAttributeValue: { object: "bytes", attributes: "list" },
  setAttributeValue: { object: "bytes", attributes: "template" },
  login: { storeid: "bytes", pin: "bytes" },
  logout: {},
  rewrapKeyBlob: { wrappedKey: "key" },
};

/** A secret that is passed as a string instead of bytes, and must not appear in the error. */
const SECRET = "correct horse battery staple";

const VALID: Readonly<Record<Kind, unknown>> = {
  bytes: new Uint8Array(8),
  integer: 4,
  key: new Uint8Array(8),
  mech: { mechanism: ck.CKM_SHA256 },
  template: new Map([[ck.CKA_VALUE_LEN, 16]]),
  list: [ck.CKA_KEY_TYPE],
};
const INVALID: Readonly<Record<Kind, readonly unknown[]>> = {
  bytes: [SECRET, 5, null, [1, 2], new ArrayBuffer(4), new Uint16Array(2), { length: 3 }],
  integer: [SECRET, -1, 1.5, 2 ** 53, 4n, Number.NaN, null, true],
  key: [SECRET, 5, null, {}, { keyBlobs: new Uint8Array(3) }, { keyBlobs: [SECRET] }],
  mech: [SECRET, ck.CKM_SHA256, null, {}, { mechanism: "CKM_SHA256" }, { mechanism: 1, parameter: SECRET }],
  template: [SECRET, null, {}, { CKA_VALUE_LEN: 16 }, [[ck.CKA_VALUE_LEN, 16]], new Map([["CKA_VALUE_LEN", 16]])],
  list: [SECRET, null, {}, ck.CKA_KEY_TYPE, ["CKA_KEY_TYPE"], [1, -1]],
};
const CODES = ["CKR_ARGUMENTS_BAD", "CKR_MECHANISM_PARAM_INVALID", "CKR_ATTRIBUTE_VALUE_INVALID"];

const kindOf = (kind: string) => kind.replace("?", "") as Kind;

describe.each(["engine", "in-memory", "grpc"] as const)("on %s", (name) => {
  let target: Target;
  beforeAll(async () => {
    target = await openTarget(name);
  });
  afterAll(() => target.close());

  async function refusal(method: keyof ck.Ep11, request: unknown): Promise<ck.CkError> {
    const call = target.ep11[method] as (request: unknown) => Promise<unknown>;
    const error = await call(request).then(
      (response) => expect.fail(`${method} returned ${JSON.stringify(response)}`),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ck.CkError);
    const { code, message, retry } = error as ck.CkError;
    expect([CODES.includes(code), retry, message.includes(SECRET)]).toEqual([true, false, false]);
    return error as ck.CkError;
  }

  describe.each(ck.EP11_METHODS)("%s", (method) => {
    const fields = Object.entries<string>(SHAPES[method]);
    const right = Object.fromEntries(fields.map(([field, kind]) => [field, VALID[kindOf(kind)]]));
    const needed = fields.filter(([, kind]) => !kind.endsWith("?"));

    it("names the missing field", async () => {
      if (needed.length === 0) return await expect(target.ep11[method]({} as never)).resolves.toBeDefined();
      expect((await refusal(method, {})).message).toContain(`: ${needed[0]![0]}: expected `);
      for (const [field] of needed) {
        for (const lacking of [
          { ...right, [field]: undefined },
          { ...right, [field]: null },
        ]) {
          expect((await refusal(method, lacking)).message).toMatch(`: ${field}: expected `);
        }
      }
    });

    it("names the field with the wrong type", async () => {
      for (const [field, kind] of fields) {
        for (const wrong of INVALID[kindOf(kind)]) {
          const { message } = await refusal(method, { ...right, [field]: wrong });
          expect(message).toMatch(new RegExp(`: ${field}[^ :]*: expected .*, got `));
        }
      }
    });

    it("reports that the request is not an object", async () => {
      for (const wrong of [null, SECRET, 5, ...(needed.length === 0 ? [] : [undefined])]) {
        expect((await refusal(method, wrong)).message).toContain(`request of ${method}: expected an object`);
      }
    });
  });

  it.each<[object, string]>([
    [{ type: "RSAOAEPParm", hashMech: ck.CKM_SHA256 }, "mgf"],
    [{ type: "RSAOAEPParm", hashMech: 1, mgf: 1, encodingParm: SECRET }, "encodingParm"],
    [{ type: "RSAPSSParm", hashMech: "sha256", mgf: 1, saltByteCount: 32 }, "hashMech"],
    [{ type: "RSAPSSParm", hashMech: 1, mgf: 1, saltByteCount: -1 }, "saltByteCount"],
    [{ type: "ECDH1DeriveParm", kdf: 1, sharedData: new Uint8Array(0) }, "publicData"],
    [{ type: "BTCDeriveParm", deriveType: 1, childKeyIndex: 0, version: 1 }, "chainCode"],
    [{ type: "ECSGParm" }, "ecsgType"],
    [{ type: "KyberKEMParm", version: 0, mode: 1, kdf: 1, prepend: 0 }, "prepend"],
    [{ type: "ECAGGParm", version: 0, mode: 1, perElementSize: 4, elements: "00" }, "elements"],
  ])("an invalid field of a structured parameter is named: %j", async (parameter, field) => {
    const mech = { mechanism: ck.CKM_RSA_PKCS_PSS, parameter };
    const error = await refusal("signInit", { mech, privKey: new Uint8Array(8) });
    expect(error.code).toBe("CKR_MECHANISM_PARAM_INVALID");
    expect(error.message).toContain(`: mech.parameter.${field}: expected `);
  });

  it("an attribute with an invalid value is named", async () => {
    for (const value of [SECRET, -1, null, undefined, 1n, [1]]) {
      const template = new Map([[ck.CKA_VALUE_LEN, value]]);
      const error = await refusal("generateKey", { mech: { mechanism: ck.CKM_AES_KEY_GEN }, template });
      expect(error.code).toBe("CKR_ATTRIBUTE_VALUE_INVALID");
      expect(error.message).toContain(": template.CKA_VALUE_LEN: expected ");
    }
  });

  it("methods without fields accept a missing request", async () => {
    await expect((target.ep11.getMechanismList as () => Promise<unknown>)()).resolves.toHaveProperty("mechs");
    await expect((target.ep11.logout as () => Promise<unknown>)()).resolves.toEqual({});
  });

  it.each([0, 1_000_001])("GenerateRandom of %i bytes names the field and its range", async (len) => {
    expect((await refusal("generateRandom", { len })).message).toContain("len: expected an integer from 1 to 1000000");
  });
});
