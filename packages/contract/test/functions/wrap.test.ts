/** Tests WrapKey and UnwrapKey with every mechanism and every kind of key, and tests what they refuse. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { interoperablePkcs8, interoperableSpki, mechanism, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, describe, expect, it } from "vitest";
import * as contract from "../../src/index.ts";
import { having, isDirect } from "../support/flow-checks.ts";
import { flipBit, onEveryTarget, readAttributes, type Subject, sample } from "../support/on-every-target.ts";

const KINDS = Object.keys(contract.SAMPLE_KEYS) as contract.SampleKey[];
/** All kinds of keys, but only one of the Brainpool curves. */
const KEYS: readonly contract.SampleKey[] = KINDS.filter((kind) => !/^brainpool(?!P256r1)/.test(kind));
/** The kinds of keys for targets behind a codec or a network, which are slower. */
const REMOTE_KEYS: readonly contract.SampleKey[] = [
  "AES-128",
  "DES3",
  "generic-200",
  "RSA-2048",
  "P-256",
  "Ed448",
  "ml-kem-512",
];
const keysFor = (subject: Subject) => (isDirect(subject) ? KEYS : REMOTE_KEYS);

/** The mechanisms that wrap keys without their attributes. */
const TRANSPORTS = having(ck.CKF_WRAP).filter(([name]) => name !== "CKM_IBM_ATTRIBUTEBOUND_WRAP");

const isSecret = (kind: contract.SampleKey) => contract.SAMPLE_KEYS[kind].kind !== "pair";
const hasPairs = (row: contract.MechanismExpectation) => !isSecret(row.keys[0]!);
const blockOf = (row: contract.MechanismExpectation) => (row.keys[0] === "AES-128" ? 16 : 8);

/** Returns the length in bytes of the value of a secret key of `kind`. */
function lengthOf(kind: contract.SampleKey): number {
  const made = contract.SAMPLE_KEYS[kind];
  return "bytes" in made ? made.bytes : 0;
}

/**
 * Returns CKR_OK if the mechanism of `row` can wrap a key of `kind` whose value has `length` bytes. Otherwise returns
 * the expected error.
 */
function expectedRv(row: contract.MechanismExpectation, kind: contract.SampleKey, length: number): number {
  switch (row.mechanism) {
    case ck.CKM_RSA_PKCS:
    case ck.CKM_RSA_PKCS_OAEP: {
      const most = row.mechanism === ck.CKM_RSA_PKCS ? 256 - 11 : 256 - 2 * 32 - 2;
      if (!isSecret(kind)) return ck.CKR_KEY_NOT_WRAPPABLE;
      return length <= most ? ck.CKR_OK : ck.CKR_KEY_SIZE_RANGE;
    }
    case ck.CKM_AES_CBC:
    case ck.CKM_DES3_CBC:
      return isSecret(kind) && length % blockOf(row) === 0 ? ck.CKR_OK : ck.CKR_KEY_NOT_WRAPPABLE;
    default:
      return ck.CKR_OK;
  }
}

/** Lengths of secrets in bytes, just below, at and just above the block boundaries of all mechanisms (8, 16 and 64 bytes). */
const SECRET_LENGTHS = [1, 7, 8, 9, 15, 16, 17, 20, 23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 255, 256];

/** Returns a template that unwraps a key of `kind` with all rights. */
function unwrapTemplate(kind: contract.SampleKey): ck.Template {
  const { keyType } = contract.SAMPLE_KEYS[kind];
  if (!isSecret(kind)) return new Map([...contract.ALL_RIGHTS, [ck.CKA_KEY_TYPE, keyType]]);
  return new Map<number, ck.AttributeValue>([
    ...contract.ALL_RIGHTS,
    [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
    [ck.CKA_KEY_TYPE, keyType],
    [ck.CKA_VALUE_LEN, lengthOf(kind)],
  ]);
}

/** Asserts that `returned`, a key that was wrapped and unwrapped, has the same value as the key of `kind`. */
async function expectSameKey(
  subject: Subject,
  importer: contract.Importer,
  kind: contract.SampleKey,
  returned: ck.KeyBlob,
): Promise<void> {
  const { privateKey } = await subject.keys.key(kind);
  expect(await importer.export(returned)).toEqual(await importer.export(privateKey));
}

onEveryTarget("wrapping", (subject) => {
  let importer: contract.Importer;
  beforeAll(async () => {
    importer = await contract.Importer.create(subject.target.ep11);
  });

  describe.each(TRANSPORTS)("%s", (_, row) => {
    const mech = contract.mechanismOf(row);

    it.each(keysFor(subject))("wraps and unwraps %s, or returns the expected error", async (kind) => {
      const { ep11 } = subject.target;
      const kek = await subject.keys.key(row.keys[0]!);
      const { privateKey } = await subject.keys.key(kind);
      const rv = expectedRv(row, kind, (await importer.export(privateKey)).length);
      const wrapping = ep11.wrapKey({ mech, kek: kek.publicKey, key: privateKey });
      if (rv !== ck.CKR_OK) {
        await expect(wrapping).toThrowRv(rv);
        return;
      }
      const { wrapped } = await wrapping;
      const response = await ep11.unwrapKey({ mech, kek: kek.privateKey, wrapped, template: unwrapTemplate(kind) });
      await expectSameKey(subject, importer, kind, response.unwrapped);
      const history = await readAttributes(subject, response.unwrapped, ck.CKA_LOCAL, ck.CKA_NEVER_EXTRACTABLE);
      expect(history).toEqual([false, false]);
      if (isSecret(kind)) expect(Buffer.from(response.checkSum).readUInt32BE(3)).toBe(8 * lengthOf(kind));
      else expect(spkiOf(response.checkSum)).toEqual(spkiOf((await subject.keys.key(kind)).publicKey));
    });

    it.each(isDirect(subject) ? SECRET_LENGTHS : [20])(
      "wraps and unwraps a secret of %i bytes, or returns the expected error",
      async (length) => {
        const { ep11 } = subject.target;
        const kek = await subject.keys.key(row.keys[0]!);
        // The value ends with zeros, which are part of the secret and must be kept.
        const value = sample(length).fill(0, Math.ceil(length / 2));
        const { key } = await importer.secret(value, ck.CKK_GENERIC_SECRET);
        const wrapping = ep11.wrapKey({ mech, kek: kek.publicKey, key });
        const rv = expectedRv(row, "generic-32", length);
        if (rv !== ck.CKR_OK) {
          await expect(wrapping).toThrowRv(rv);
          return;
        }
        const { wrapped } = await wrapping;
        const requested = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_VALUE_LEN: length });
        const { unwrapped } = await ep11.unwrapKey({ mech, kek: kek.privateKey, wrapped, template: requested });
        expect(await importer.export(unwrapped)).toEqual(value);
      },
    );

    it("works with every kind of KEK", async () => {
      const { ep11 } = subject.target;
      const { privateKey: key } = await subject.keys.key("AES-128");
      for (const kind of row.keys) {
        const kek = await subject.keys.key(kind);
        const { wrapped } = await ep11.wrapKey({ mech, kek: kek.publicKey, key });
        const response = await ep11.unwrapKey({
          mech,
          kek: kek.privateKey,
          wrapped,
          template: unwrapTemplate("AES-128"),
        });
        await expectSameKey(subject, importer, "AES-128", response.unwrapped);
      }
    });

    it("refuses KEKs without the right, of another type, of the wrong half, and missing ones", async () => {
      const { ep11 } = subject.target;
      const { privateKey: key } = await subject.keys.key("AES-128");
      const kek = await subject.keys.key(row.keys[0]!);
      const other = await subject.keys.key(
        contract.SAMPLE_KEYS[row.keys[0]!].keyType === ck.CKK_EC ? "RSA-2048" : "P-256",
      );
      const wrap = (under: Uint8Array) => ep11.wrapKey({ mech, kek: under, key });
      const unwrap = (under: Uint8Array) =>
        ep11.unwrapKey({ mech, kek: under, wrapped: sample(256), template: unwrapTemplate("AES-128") });
      const noWrap = await subject.keys.without(kek.publicKey, ck.CKA_WRAP);
      const noUnwrap = await subject.keys.without(kek.privateKey, ck.CKA_UNWRAP);
      await expect(wrap(noWrap)).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      await expect(unwrap(noUnwrap)).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
      await expect(wrap(other.publicKey)).toThrowRv(ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
      await expect(unwrap(other.privateKey)).toThrowRv(ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
      await expect(wrap(new Uint8Array(0))).toThrowRv(ck.CKR_WRAPPING_KEY_HANDLE_INVALID);
      await expect(unwrap(new Uint8Array(0))).toThrowRv(ck.CKR_UNWRAPPING_KEY_HANDLE_INVALID);
      if (!hasPairs(row)) return;
      await expect(wrap(kek.privateKey)).toThrowRv(ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
      await expect(unwrap(kek.publicKey)).toThrowRv(ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
      // Anyone can make an SPKI without a MAC. It is only accepted as a KEK if XCP_CPB_WRAP_WITH_RAW_SPKI is on.
      await expect(wrap(spkiOf(kek.publicKey))).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    });

    it("refuses unextractable keys", async () => {
      const { ep11 } = subject.target;
      const kek = (await subject.keys.key(row.keys[0]!)).publicKey;
      const { privateKey } = await subject.keys.key("AES-128");
      const wrap = (key: Uint8Array) => ep11.wrapKey({ mech, kek, key });
      await expect(wrap(await subject.keys.without(privateKey, ck.CKA_EXTRACTABLE))).toThrowRv(
        ck.CKR_KEY_UNEXTRACTABLE,
      );
      const generate = async (attributes: ck.Template) =>
        ck.sealedBytes((await ep11.generateKey({ mech: { mechanism: ck.CKM_AES_KEY_GEN }, template: attributes })).key);
      const trustful = await generate(template({ CKA_VALUE_LEN: 16, CKA_WRAP_WITH_TRUSTED: true }));
      const bound = await generate(template({ CKA_VALUE_LEN: 16, CKA_IBM_ATTRBOUND: true }));
      await expect(wrap(trustful)).toThrowRv(ck.CKR_KEY_NOT_WRAPPABLE);
      await expect(wrap(bound)).toThrowRv(ck.CKR_KEY_NOT_WRAPPABLE);
      await expect(wrap((await subject.keys.key("P-256")).publicKey)).toThrowRv(ck.CKR_KEY_NOT_WRAPPABLE);
    });

    it("refuses wrapped keys of another length", async () => {
      const kek = (await subject.keys.key(row.keys[0]!)).privateKey;
      const unwrap = (wrapped: Uint8Array) =>
        subject.target.ep11.unwrapKey({ mech, kek, wrapped, template: unwrapTemplate("AES-128") });
      await expect(unwrap(new Uint8Array(0))).toThrowRv(ck.CKR_WRAPPED_KEY_LEN_RANGE);
      await expect(unwrap(sample(17))).toThrowRv(ck.CKR_WRAPPED_KEY_LEN_RANGE);
    });

    it("requires the class and type of the unwrapped key", async () => {
      const { ep11 } = subject.target;
      const kek = await subject.keys.key(row.keys[0]!);
      const { privateKey: key } = await subject.keys.key("AES-128");
      const { wrapped } = await ep11.wrapKey({ mech, kek: kek.publicKey, key });
      const unwrap = (requested: ck.Template) =>
        ep11.unwrapKey({ mech, kek: kek.privateKey, wrapped, template: requested });
      await expect(unwrap(template({ CKA_CLASS: ck.CKO_SECRET_KEY }))).toThrowRv(ck.CKR_TEMPLATE_INCOMPLETE);
      const contradiction = template({ CKA_CLASS: ck.CKO_PRIVATE_KEY, CKA_KEY_TYPE: ck.CKK_AES, CKA_VALUE_LEN: 16 });
      await expect(unwrap(contradiction)).toThrowRv(ck.CKR_TEMPLATE_INCONSISTENT);
      const local = new Map([...unwrapTemplate("AES-128"), [ck.CKA_LOCAL, true] as const]);
      await expect(unwrap(local)).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
    });
  });

  it("gives an unwrapped key only the rights in the template", async () => {
    const { ep11 } = subject.target;
    const { privateKey: kek } = await subject.keys.key("AES-256");
    const { privateKey: key } = await subject.keys.key("AES-128");
    const mech = mechanism.aesCbcPad(sample(16));
    const { wrapped } = await ep11.wrapKey({ mech, kek, key });
    const requested = template({ CKA_KEY_TYPE: ck.CKK_AES, CKA_ENCRYPT: true });
    const { unwrapped } = await ep11.unwrapKey({ mech, kek, wrapped, template: requested });
    await ep11.encryptInit({ mech, key: unwrapped });
    await expect(ep11.decryptInit({ mech, key: unwrapped })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
  });

  it("returns the same error whatever is wrong inside a wrapped key", async () => {
    const { ep11 } = subject.target;
    const { privateKey: kek } = await subject.keys.key("AES-256");
    const mech = mechanism.aesCbcPad(new Uint8Array(16));
    const encrypt = async (plain: Uint8Array) => (await ep11.encryptSingle({ mech, key: kek, plain })).ciphered;
    const unwrap = (wrapped: Uint8Array, keyType: number) =>
      ep11.unwrapKey({ mech, kek, wrapped, template: new Map([[ck.CKA_KEY_TYPE, keyType]]) });
    const pkcs8 = await importer.export((await subject.keys.key("P-256")).privateKey);
    const good = await encrypt(pkcs8);
    const badPadding = flipBit(good, 8 * (good.length - 17));
    await expect(unwrap(badPadding, ck.CKK_EC)).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
    await expect(unwrap(await encrypt(sample(100)), ck.CKK_EC)).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
    await expect(unwrap(await encrypt(pkcs8.subarray(0, -1)), ck.CKK_EC)).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
    await expect(unwrap(good, ck.CKK_RSA)).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
    await expect(unwrap(await encrypt(sample(17)), ck.CKK_AES)).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
  });

  it.each([
    "RSA-2048",
    "P-256",
    "P-521",
    "secp256k1",
    "Ed25519",
    "X25519",
    "Ed448",
    "X448",
    "DSA-2048",
    "ml-dsa-65",
    "ml-kem-768",
    "slh-dsa-sha2-128f",
  ] as const)("exports %s as PKCS #8 that OpenSSL reads, with the same public key", async (kind) => {
    const { privateKey, publicKey } = await subject.keys.key(kind);
    const pkcs8 = interoperablePkcs8(await importer.export(privateKey));
    const theirs = createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }));
    const ours = { key: Buffer.from(interoperableSpki(spkiOf(publicKey))), format: "der", type: "spki" } as const;
    expect(theirs.equals(createPublicKey(ours))).toBe(true);
  });

  it("imports a public key under the HSM's MAC and accepts it as a KEK", async () => {
    const { ep11 } = subject.target;
    const { privateKey, publicKey } = await subject.keys.key("RSA-2048");
    const kek = await importer.publicKey(spkiOf(publicKey));
    expect(spkiOf(kek)).toEqual(spkiOf(publicKey));
    expect(kek.length).toBe(spkiOf(publicKey).length + 128);
    const { privateKey: key } = await subject.keys.key("AES-128");
    const mech = mechanism.rsaPkcs();
    const { wrapped } = await ep11.wrapKey({ mech, kek, key });
    const response = await ep11.unwrapKey({ mech, kek: privateKey, wrapped, template: unwrapTemplate("AES-128") });
    await expectSameKey(subject, importer, "AES-128", response.unwrapped);
    await expect(importer.publicKey(sample(50))).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
    await expect(importer.publicKey(spkiOf(publicKey).subarray(1))).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
  });

  it("returns a key for every RSA_PKCS ciphertext in range, the same for the same bytes", async () => {
    const { ep11 } = subject.target;
    const { privateKey: kek } = await subject.keys.key("RSA-2048");
    const mech = mechanism.rsaPkcs();
    const wrapped = Uint8Array.of(0, ...sample(255));
    const unwrap = () => ep11.unwrapKey({ mech, kek, wrapped, template: unwrapTemplate("AES-128") });
    expect((await unwrap()).checkSum).toEqual((await unwrap()).checkSum);
    const withoutLength = template({ CKA_KEY_TYPE: ck.CKK_AES });
    await expect(ep11.unwrapKey({ mech, kek, wrapped, template: withoutLength })).toThrowRv(ck.CKR_TEMPLATE_INCOMPLETE);
    const oaep = mechanism.rsaOaep({ hash: "sha1" });
    const invalid = ep11.unwrapKey({ mech: oaep, kek, wrapped, template: unwrapTemplate("AES-128") });
    await expect(invalid).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
  });
});

onEveryTarget("attribute-bound wrapping", (subject) => {
  const mech = { mechanism: ck.CKM_IBM_ATTRIBUTEBOUND_WRAP };
  const generate = async (mechanismNumber: number, attributes: ck.Template) =>
    subject.target.ep11.generateKey({
      mech: { mechanism: mechanismNumber },
      template: new Map([...attributes, [ck.CKA_IBM_ATTRBOUND, true]]),
    });

  it.each([8, 9, 15, 16, 17, 20, 24, 31, 32, 33, 65])("carries a secret of %i bytes", async (length) => {
    const { ep11 } = subject.target;
    const kek = (await generate(ck.CKM_AES_KEY_GEN, new Map([...contract.ALL_RIGHTS, [ck.CKA_VALUE_LEN, 32]]))).key;
    const macKey = (await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, template({ CKA_VALUE_LEN: 32 }))).key;
    const made = await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, template({ CKA_VALUE_LEN: length }));
    const { wrapped } = await ep11.wrapKey({ mech, kek, macKey, key: made.key });
    const requested = template({ CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET });
    const { checkSum } = await ep11.unwrapKey({ mech, kek, macKey, wrapped, template: requested });
    expect(checkSum).toEqual(made.checkSum);
  });

  it("carries the attributes with the key, regardless of the template", async () => {
    const { ep11 } = subject.target;
    const kek = (await generate(ck.CKM_AES_KEY_GEN, new Map([...contract.ALL_RIGHTS, [ck.CKA_VALUE_LEN, 32]]))).key;
    const macKey = (await generate(ck.CKM_GENERIC_SECRET_KEY_GEN, template({ CKA_VALUE_LEN: 32 }))).key;
    const made = await generate(ck.CKM_AES_KEY_GEN, template({ CKA_VALUE_LEN: 16, CKA_DECRYPT: false }));
    const { wrapped } = await ep11.wrapKey({ mech, kek, macKey, key: made.key });
    const requested = new Map<number, ck.AttributeValue>([...contract.ALL_RIGHTS, [ck.CKA_KEY_TYPE, ck.CKK_AES]]);
    const { unwrapped, checkSum } = await ep11.unwrapKey({ mech, kek, macKey, wrapped, template: requested });
    expect(checkSum).toEqual(made.checkSum);
    const cbc = mechanism.aesCbcPad(new Uint8Array(16));
    await ep11.encryptInit({ mech: cbc, key: unwrapped });
    await expect(ep11.decryptInit({ mech: cbc, key: unwrapped })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    for (const bit of [3, 100, 8 * wrapped.length - 1]) {
      const tampered = ep11.unwrapKey({ mech, kek, macKey, wrapped: flipBit(wrapped, bit), template: requested });
      await expect(tampered).toThrowRv(ck.CKR_WRAPPED_KEY_INVALID);
    }
    const free = (await subject.keys.key("AES-256")).privateKey;
    await expect(ep11.wrapKey({ mech, kek: free, macKey, key: made.key })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    await expect(ep11.wrapKey({ mech, kek, macKey, key: free })).toThrowRv(ck.CKR_KEY_NOT_WRAPPABLE);
    await expect(ep11.wrapKey({ mech, kek, macKey: free, key: made.key })).toThrowRv(ck.CKR_KEY_FUNCTION_NOT_PERMITTED);
    await expect(ep11.wrapKey({ mech, kek, key: made.key })).toThrowRv(ck.CKR_KEY_HANDLE_INVALID);
  });
});
