import * as ck from "@grep11/cryptoki";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ep11Method } from "./codec.ts";
import { codecs } from "./methods.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
const uint31 = fc.integer({ min: 0, max: 0x7fffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const safe = fc.maxSafeNat();
/** Generates CKD_* and CKG_* numbers of the standard and of IBM. */
const vendorEnum = fc.oneof(fc.integer({ min: 0, max: 0x20 }), fc.integer({ min: 0x80000000, max: 0x80000010 }));

/** Generates objects in which the `optional` properties may be missing. */
const record = (parts: Record<string, fc.Arbitrary<unknown>>, optional: readonly string[] = []) =>
  fc.record(parts, { requiredKeys: Object.keys(parts).filter((name) => !optional.includes(name)) });
const structure = (type: string, parts: Record<string, fc.Arbitrary<unknown>>, optional: string[] = []) =>
  record({ type: fc.constant(type), ...parts }, optional);

const parameter = fc.oneof(
  someBytes,
  structure("RSAOAEPParm", { hashMech: safe, mgf: vendorEnum, encodingParm: bytes }, ["encodingParm"]),
  structure("RSAPSSParm", { hashMech: safe, mgf: vendorEnum, saltByteCount: safe }),
  structure("ECDH1DeriveParm", { kdf: vendorEnum, sharedData: bytes, publicData: bytes }),
  structure("BTCDeriveParm", { deriveType: uint31, childKeyIndex: safe, chainCode: bytes, version: safe }),
  structure("ECSGParm", { ecsgType: uint31 }),
  structure("KyberKEMParm", {
    version: uint32,
    mode: uint31,
    kdf: vendorEnum,
    prepend: fc.boolean(),
    cipherText: bytes,
    sharedData: bytes,
    blob: bytes,
  }),
  structure("ECAGGParm", { version: uint32, mode: uint31, perElementSize: uint32, elements: bytes }),
);
const mech = record({ mechanism: uint32, parameter }, ["parameter"]).map((value) => value as unknown as ck.Mechanism);

const attribute = fc.oneof(fc.constantFrom(0, 3, 0x100, 0x104, 0x108, 0x161, 0x162, 0x170, 0x80010001), uint32);
const valuesOf = { boolean: fc.boolean(), integer: safe, bytes: bytes };
const entry = attribute.chain((cka) => fc.tuple(fc.constant(cka), valuesOf[ck.attributeKind(cka)]));
const template: fc.Arbitrary<ck.Template> = fc
  .uniqueArray(entry, { selector: ([cka]) => cka, maxLength: 20 })
  .map((entries) => new Map(entries));
const sealed = someBytes;
const keyBlob: fc.Arbitrary<ck.KeyBlob> = fc.record({
  keyBlobId: bytes,
  version: safe,
  txId: bytes,
  attributes: template,
  keyBlobs: fc.array(someBytes, { minLength: 1, maxLength: 3 }),
});

/** Generators of values for each property. */
const VALUES: Record<string, fc.Arbitrary<unknown>> = {
  len: safe,
  mechs: fc.array(safe),
  mechInfo: record({ minKeySize: safe, maxKeySize: safe, flags: safe }),
  mech,
  decMech: mech,
  encMech: mech,
  template,
  privKeyTemplate: template,
  pubKeyTemplate: template,
};
const REQUEST_KEYS = ["key", "privKey", "pubKey", "decKey", "encKey", "kek", "macKey", "baseKey"];

/** The optional properties of requests. */
const OPTIONAL: Record<string, string[]> = {
  signSingle: ["privKey"],
  wrapKey: ["macKey"],
  unwrapKey: ["kek", "macKey"],
  deriveKey: ["data", "baseKey"],
};

function requestOf(method: Ep11Method): fc.Arbitrary<unknown> {
  const optional = OPTIONAL[method] ?? [];
  const special: Record<string, fc.Arbitrary<unknown>> = {
    ...(method === "getMechanismInfo" && { mech: uint32 }),
    ...(method === "getAttributeValue" && {
      attributes: fc.uniqueArray(attribute, { maxLength: 20 }).map((list) => list.sort((a, b) => a - b)),
    }),
    ...(method === "setAttributeValue" && { attributes: template }),
    ...(method === "rewrapKeyBlob" && { wrappedKey: keyBlob }),
  };
  const names = PROPERTIES[method].request;
  const parts = names.map((name) => [
    name,
    special[name] ?? VALUES[name] ?? (REQUEST_KEYS.includes(name) ? sealed : someBytes),
  ]);
  return record(Object.fromEntries(parts), optional);
}

function responseOf(method: Ep11Method): fc.Arbitrary<unknown> {
  const special: Record<string, fc.Arbitrary<unknown>> = { attributes: template };
  const keys = ["key", "privKey", "pubKey", "unwrapped", "newKey", "rewrappedKey"];
  const parts = PROPERTIES[method].response.map((name) => [
    name,
    special[name] ?? VALUES[name] ?? (keys.includes(name) ? keyBlob : bytes),
  ]);
  return record(Object.fromEntries(parts));
}

const both = (request: string, response: string) => ({
  request: request.split(" ").filter(Boolean),
  response: response.split(" ").filter(Boolean),
});
/** The properties of every request and response. */
const PROPERTIES: Record<Ep11Method, { request: string[]; response: string[] }> = {
  generateRandom: both("len", "rnd"),
  digestInit: both("mech", "state"),
  digest: both("state data", "digest"),
  digestUpdate: both("state data", "state"),
  digestKey: both("state key", "state"),
  digestFinal: both("state", "digest"),
  digestSingle: both("mech data", "digest"),
  encryptInit: both("mech key", "state"),
  decryptInit: both("mech key", "state"),
  encryptUpdate: both("state plain", "state ciphered"),
  decryptUpdate: both("state ciphered", "state plain"),
  encrypt: both("state plain", "ciphered"),
  decrypt: both("state ciphered", "plain"),
  encryptFinal: both("state", "ciphered"),
  decryptFinal: both("state", "plain"),
  encryptSingle: both("mech plain key", "ciphered"),
  decryptSingle: both("mech ciphered key", "plain"),
  signInit: both("mech privKey", "state"),
  verifyInit: both("mech pubKey", "state"),
  signUpdate: both("state data", "state"),
  verifyUpdate: both("state data", "state"),
  signFinal: both("state", "signature"),
  verifyFinal: both("state signature", ""),
  sign: both("state data", "signature"),
  verify: both("state data signature", ""),
  signSingle: both("mech data privKey", "signature"),
  verifySingle: both("mech data signature pubKey", ""),
  reencryptSingle: both("decMech encMech ciphered decKey encKey", "reciphered"),
  generateKey: both("mech template", "checkSum key"),
  generateKeyPair: both("mech privKeyTemplate pubKeyTemplate", "privKey pubKey"),
  wrapKey: both("mech key kek macKey", "wrapped"),
  unwrapKey: both("wrapped mech template kek macKey", "checkSum unwrapped"),
  deriveKey: both("mech data template baseKey", "checkSum newKey"),
  getMechanismList: both("", "mechs"),
  getMechanismInfo: both("mech", "mechInfo"),
  getAttributeValue: both("object attributes", "attributes"),
  setAttributeValue: both("object attributes", "object"),
  login: both("storeid pin", "pinblob"),
  logout: both("", ""),
  rewrapKeyBlob: both("wrappedKey", "rewrappedKey"),
};

describe.each(ck.EP11_METHODS)("%s", (method) => {
  const { request, response } = codecs[method] as unknown as Record<
    "request" | "response",
    {
      decode(message: unknown): Record<string, unknown>;
      encode(value: unknown): object;
      parse(bytes: Uint8Array): object;
      serialise(message: object, allocate?: (size: number) => Uint8Array): Uint8Array;
      write(value: unknown, request?: object, allocate?: (size: number) => Uint8Array): Uint8Array;
    }
  >;

  it("converts every request to bytes and back, and writes it directly with the same result", () => {
    fc.assert(
      fc.property(requestOf(method), (value) => {
        const wire = request.serialise(request.encode(value));
        expect(request.decode(request.parse(wire))).toEqual(value);
        expect(Buffer.compare(request.write(value), wire)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("converts every response to bytes and back", () => {
    fc.assert(
      fc.property(responseOf(method), (value) => {
        expect(response.decode(response.parse(response.serialise(response.encode(value))))).toEqual(value);
      }),
      { numRuns: 40 },
    );
  });

  it("writes every response directly, with the same result as through a message", () => {
    fc.assert(
      fc.property(responseOf(method), (value) => {
        const message = response.encode(value);
        const wire = response.write(value, undefined, (size) => new Uint8Array(5 + size).fill(0xaa));
        expect(wire.subarray(0, 5)).toEqual(new Uint8Array(5).fill(0xaa));
        expect(wire.length - 5).toBe(response.serialise(message).length);
        expect(response.parse(wire.subarray(5))).toEqual(response.parse(response.serialise(message)));
      }),
      { numRuns: 40 },
    );
  });

  it("writes every response to the end of given memory", () => {
    fc.assert(
      fc.property(responseOf(method), (value) => {
        const message = response.encode(value);
        const wire = response.serialise(message, (size) => new Uint8Array(5 + size).fill(0xaa));
        expect(wire.subarray(0, 5)).toEqual(new Uint8Array(5).fill(0xaa));
        expect(wire.subarray(5)).toEqual(response.serialise(message));
      }),
      { numRuns: 10 },
    );
  });
});

it("sends only the sealed bytes of a key argument", () => {
  fc.assert(
    fc.property(keyBlob, mech, (key, mechanism) => {
      const { request } = codecs.signInit;
      const message = request.encode({ mech: mechanism, privKey: key });
      expect(message.PrivKey).toMatchObject({
        KeyBlobID: new Uint8Array(0),
        Attributes: {},
        KeyBlobs: [ck.sealedBytes(key)],
      });
      expect(request.decode(message).privKey).toEqual(ck.sealedBytes(key));
    }),
  );
});
