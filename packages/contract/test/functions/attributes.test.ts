/**
 * Tests attributes: how booleans are encoded (as on real cards), which attributes can be read, and how booleans can be changed.
 */
import { mechanism, type NamedAttributes, spkiOf, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { beforeAll, expect, it } from "vitest";
import { Importer } from "../../src/index.ts";
import { onEveryTarget, readAttributes, type Subject, sample } from "../support/on-every-target.ts";

const P256 = Uint8Array.of(0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);

/**
 * Returns the boolean attributes as they are stored in the clear: at byte 52 of a blob, or in the fifth OCTET STRING after an
 * SPKI (docs/reference/ep11.md#key-blob, docs/reference/ep11.md#public-key-blob).
 */
function booleanWord(key: Uint8Array): string {
  const at = key[0] === 0x30 ? spkiOf(key).length + 18 + 34 + 10 + 10 + 2 + 8 : 52;
  return `0x${Buffer.from(key).readUInt32BE(at).toString(16)}`;
}

const generateAes = async ({ target }: Subject, attributes: NamedAttributes) => {
  const mech = { mechanism: ck.CKM_AES_KEY_GEN };
  return ck.sealedBytes((await target.ep11.generateKey({ mech, template: template(attributes) })).key);
};

const generateEc = async ({ target }: Subject, ours: NamedAttributes, theirs: NamedAttributes) => {
  const { privKey, pubKey } = await target.ep11.generateKeyPair({
    mech: { mechanism: ck.CKM_EC_KEY_PAIR_GEN },
    privKeyTemplate: template(ours),
    pubKeyTemplate: template({ CKA_EC_PARAMS: P256, ...theirs }),
  });
  return { privateKey: ck.sealedBytes(privKey), publicKey: ck.sealedBytes(pubKey) };
};

onEveryTarget("encoded boolean attributes", (subject) => {
  let importer: Importer;
  beforeAll(async () => {
    importer = await Importer.create(subject.target.ep11);
  });

  it.each<[NamedAttributes, string]>([
    [{ CKA_VALUE_LEN: 32 }, "0x408d25"],
    [{ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true, CKA_DECRYPT: true }, "0x408d25"],
    [{ CKA_VALUE_LEN: 32, CKA_WRAP: true, CKA_UNWRAP: true, CKA_ENCRYPT: true, CKA_EXTRACTABLE: true }, "0x40ed25"],
    [{ CKA_VALUE_LEN: 16, CKA_EXTRACTABLE: false }, "0x408d26"],
    [{ CKA_VALUE_LEN: 16, CKA_MODIFIABLE: false }, "0x408d29"],
    [{ CKA_VALUE_LEN: 16, CKA_IBM_PROTKEY_EXTRACTABLE: true, CKA_EXTRACTABLE: false }, "0x208d26"],
  ])("generated AES key of %j", async (attributes, word) => {
    expect(booleanWord(await generateAes(subject, attributes))).toBe(word);
  });

  it.each<[NamedAttributes, string]>([
    [{ CKA_SIGN: true, CKA_PRIVATE: true, CKA_SENSITIVE: true }, "0x400125"],
    [{}, "0x400125"],
    [{ CKA_SIGN: true, CKA_EXTRACTABLE: false }, "0x400126"],
    [{ CKA_SIGN: true, CKA_DERIVE: true, CKA_EXTRACTABLE: false }, "0x401126"],
  ])("generated EC private key of %j", async (attributes, word) => {
    expect(booleanWord((await generateEc(subject, attributes, {})).privateKey)).toBe(word);
  });

  it.each<[NamedAttributes, string]>([
    [{ CKA_VERIFY: true }, "0x8024"],
    [{}, "0x8024"],
    [{ CKA_VERIFY: true, CKA_EXTRACTABLE: false, CKA_TOKEN: true }, "0x8024"],
  ])("generated EC public key of %j", async (attributes, word) => {
    expect(booleanWord((await generateEc(subject, {}, attributes)).publicKey)).toBe(word);
  });

  it("imported keys have the rights of their template, no history, and are modifiable", async () => {
    const { ep11 } = subject.target;
    const mech = mechanism.aesCbcPad(new Uint8Array(16));
    const unwrap = async (value: Uint8Array, attributes: NamedAttributes) => {
      const { ciphered } = await ep11.encryptSingle({ mech, key: importer.kek, plain: value });
      const requested = template(attributes);
      return (await ep11.unwrapKey({ mech, kek: importer.kek, wrapped: ciphered, template: requested })).unwrapped;
    };
    const word = async (value: Uint8Array, attributes: NamedAttributes) =>
      booleanWord(ck.sealedBytes(await unwrap(value, attributes)));
    const aes = { CKA_KEY_TYPE: ck.CKK_AES, CKA_ENCRYPT: true, CKA_DECRYPT: true, CKA_EXTRACTABLE: true };
    expect(await word(sample(16), aes)).toBe("0xc05");
    const { privateKey, publicKey } = await generateEc(subject, {}, {});
    const pkcs8 = await importer.export(privateKey);
    const ec = { CKA_KEY_TYPE: ck.CKK_EC, CKA_SIGN: true, CKA_EXTRACTABLE: false };
    expect(await word(pkcs8, ec)).toBe("0x104");
    const secret = { CKA_KEY_TYPE: ck.CKK_GENERIC_SECRET, CKA_SIGN: true, CKA_VERIFY: true, CKA_DERIVE: true };
    const data = { ...secret, CKA_WRAP: false, CKA_UNWRAP: false, CKA_IBM_USE_AS_DATA: true };
    expect(await word(sample(64), data)).toBe("0x9185");
    const transport = { mech: { mechanism: ck.CKM_IBM_TRANSPORTKEY }, wrapped: spkiOf(publicKey) };
    const copy = await ep11.unwrapKey({ ...transport, template: template({ CKA_VERIFY: true }) });
    expect(booleanWord(ck.sealedBytes(copy.unwrapped))).toBe("0x8004");
  });

  it("session and mode of a key show no session", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 16 });
    expect(key.subarray(0, 32)).toEqual(new Uint8Array(32));
    const [wkid] = await readAttributes(subject, key, ck.CKA_IBM_LOGIN_SESSION);
    expect(wkid).toEqual(new Uint8Array(32));
  });
});

onEveryTarget("templates with an unknown attribute", (subject) => {
  it.each([true, false, 7, Uint8Array.of(1, 2), new Uint8Array(0)])("work as if it were absent: %j", async (value) => {
    const unknown = 0x80015008;
    const requested = new Map([...template({ CKA_VALUE_LEN: 16 }), [unknown, value] as const]);
    const mech = { mechanism: ck.CKM_AES_KEY_GEN };
    const object = ck.sealedBytes((await subject.target.ep11.generateKey({ mech, template: requested })).key);
    const attributes = new Map([[unknown, value]]);
    await expect(subject.target.ep11.setAttributeValue({ object, attributes })).toThrowRv(
      ck.CKR_ATTRIBUTE_TYPE_INVALID,
    );
    await expect(subject.target.ep11.getAttributeValue({ object, attributes: [unknown] })).toThrowRv(
      ck.CKR_ATTRIBUTE_TYPE_INVALID,
    );
  });
});

onEveryTarget("GetAttributeValue", (subject) => {
  const get = (object: Uint8Array, ...attributes: number[]) =>
    subject.target.ep11.getAttributeValue({ object, attributes });

  it("reads a secret key", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 24 });
    const { ciphered } = await subject.target.ep11.encryptSingle({
      mech: mechanism.aesEcb(),
      key,
      plain: new Uint8Array(16),
    });
    const expected: [number, ck.AttributeValue][] = [
      [ck.CKA_CLASS, ck.CKO_SECRET_KEY],
      [ck.CKA_KEY_TYPE, ck.CKK_AES],
      [ck.CKA_VALUE_LEN, 24],
      [ck.CKA_CHECK_VALUE, ciphered.subarray(0, 3)],
      [ck.CKA_KEY_GEN_MECHANISM, ck.CKM_AES_KEY_GEN],
      [ck.CKA_SENSITIVE, true],
      [ck.CKA_ALWAYS_SENSITIVE, true],
      [ck.CKA_PRIVATE, true],
      [ck.CKA_TOKEN, false],
      [ck.CKA_ENCRYPT, true],
      [ck.CKA_WRAP, false],
      [ck.CKA_TRUSTED, false],
      [ck.CKA_IBM_RESTRICTABLE, false],
    ];
    const { attributes } = await get(key, ...expected.map(([attribute]) => attribute));
    expect(new Map(attributes)).toEqual(new Map(expected));
  });

  it("reads the attributes of the public key from both halves of a pair", async () => {
    const { privateKey, publicKey } = await subject.keys.key("RSA-2048");
    const requested = [ck.CKA_MODULUS, ck.CKA_MODULUS_BITS, ck.CKA_PUBLIC_EXPONENT, ck.CKA_PUBLIC_KEY_INFO];
    const ours = await readAttributes(subject, privateKey, ...requested);
    expect(ours).toEqual(await readAttributes(subject, publicKey, ...requested));
    expect(ours[0]).toHaveLength(256);
    expect(ours.slice(1)).toEqual([2048, Uint8Array.of(1, 0, 1), spkiOf(publicKey)]);
    const [maced] = await readAttributes(subject, privateKey, ck.CKA_IBM_MACED_PUBLIC_KEY_INFO);
    const mech = mechanism.rsaPkcsSignature("sha256");
    const data = sample(20);
    const { signature } = await subject.target.ep11.signSingle({ mech, privKey: privateKey, data });
    await subject.target.ep11.verifySingle({ mech, pubKey: maced as Uint8Array, data, signature });
    await subject.target.ep11.wrapKey({
      mech: mechanism.rsaPkcs(),
      kek: maced as Uint8Array,
      key: (await subject.keys.key("AES-128")).privateKey,
    });
  });

  it("never returns key material, and returns nothing if one attribute cannot be read", async () => {
    const { privateKey } = await subject.keys.key("RSA-2048");
    const { privateKey: aes } = await subject.keys.key("AES-128");
    for (const attribute of [ck.CKA_PRIVATE_EXPONENT, ck.CKA_PRIME_1, ck.CKA_COEFFICIENT, ck.CKA_VALUE]) {
      await expect(get(privateKey, attribute)).toThrowRv(ck.CKR_ATTRIBUTE_SENSITIVE);
    }
    await expect(get(aes, ck.CKA_CLASS, ck.CKA_VALUE)).toThrowRv(ck.CKR_ATTRIBUTE_SENSITIVE);
    await expect(get(aes, ck.CKA_CLASS, ck.CKA_MODULUS)).toThrowRv(ck.CKR_ATTRIBUTE_TYPE_INVALID);
    await expect(get(privateKey, ck.CKA_VALUE_LEN)).toThrowRv(ck.CKR_ATTRIBUTE_TYPE_INVALID);
    await expect(get(aes, 0x80017777)).toThrowRv(ck.CKR_ATTRIBUTE_TYPE_INVALID);
    await expect(get(aes, ck.CKA_IBM_NEVER_MODIFIABLE)).toThrowRv(ck.CKR_ARGUMENTS_BAD);
  });
});

/** How SetAttributeValue may change each boolean: in both directions, only to false ("down"), only to true ("up"), or never. */
const TRANSITIONS: readonly (readonly [keyof NamedAttributes, "both" | "down" | "up" | "never"])[] = [
  ["CKA_ENCRYPT", "both"],
  ["CKA_DECRYPT", "both"],
  ["CKA_SIGN", "both"],
  ["CKA_VERIFY", "both"],
  ["CKA_WRAP", "both"],
  ["CKA_UNWRAP", "both"],
  ["CKA_DERIVE", "both"],
  ["CKA_IBM_USE_AS_DATA", "both"],
  ["CKA_WRAP_WITH_TRUSTED", "up"],
  ["CKA_EXTRACTABLE", "down"],
  ["CKA_MODIFIABLE", "down"],
  ["CKA_IBM_PROTKEY_EXTRACTABLE", "down"],
  ["CKA_IBM_RESTRICTABLE", "up"],
  ["CKA_IBM_ATTRBOUND", "never"],
  ["CKA_LOCAL", "never"],
  ["CKA_NEVER_EXTRACTABLE", "never"],
  ["CKA_IBM_NEVER_MODIFIABLE", "never"],
  ["CKA_IBM_PROTKEY_NEVER_EXTRACTABLE", "never"],
];

onEveryTarget("SetAttributeValue", (subject) => {
  const set = async (object: Uint8Array, attributes: NamedAttributes) =>
    (await subject.target.ep11.setAttributeValue({ object, attributes: template(attributes) })).object;
  const numberOf = (name: keyof NamedAttributes) => ck.ckaNumber(name)!;
  const read = async (key: Uint8Array, name: keyof NamedAttributes) =>
    (await readAttributes(subject, key, numberOf(name)))[0];

  it.each(TRANSITIONS)("%s may change: %s", async (name, direction) => {
    const settable = direction === "both" || direction === "down";
    const attributes = { CKA_VALUE_LEN: 16, ...(settable && { [name]: true }) } as NamedAttributes;
    const protectedKey = name === "CKA_IBM_PROTKEY_EXTRACTABLE" ? { CKA_EXTRACTABLE: false } : {};
    const key = await generateAes(subject, { ...attributes, ...protectedKey });
    const before = name === "CKA_IBM_NEVER_MODIFIABLE" ? false : ((await read(key, name)) as boolean);
    const same = await set(key, { [name]: before });
    const change = set(key, { [name]: !before });
    const allowed = direction === "both" || (direction === "down" && before) || (direction === "up" && !before);
    if (!allowed) {
      await expect(change).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
      return;
    }
    const changed = await change;
    expect(await read(changed, name)).toBe(!before);
    // The old blob, and a copy on which nothing was changed, keep their values.
    expect(await read(key, name)).toBe(before);
    expect(await read(same, name)).toBe(before);
    const returned = set(changed, { [name]: before });
    const refusal = name === "CKA_MODIFIABLE" ? ck.CKR_ACTION_PROHIBITED : ck.CKR_ATTRIBUTE_READ_ONLY;
    if (direction === "both") expect(await read(await returned, name)).toBe(before);
    else await expect(returned).toThrowRv(refusal);
  });

  it("changes several attributes, or none of them", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 16 });
    const changed = await set(key, { CKA_SIGN: false, CKA_WRAP: true });
    expect([await read(changed, "CKA_SIGN"), await read(changed, "CKA_WRAP")]).toEqual([false, true]);
    await expect(set(key, { CKA_SIGN: false, CKA_LOCAL: false })).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
  });

  it("an unmodifiable key cannot change, but accepts its current values", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 16, CKA_MODIFIABLE: false });
    await expect(set(key, { CKA_SIGN: false })).toThrowRv(ck.CKR_ACTION_PROHIBITED);
    expect(await read(await set(key, { CKA_SIGN: true }), "CKA_SIGN")).toBe(true);
  });

  it("a restrictable key can only lose rights", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 16, CKA_SIGN: false, CKA_IBM_RESTRICTABLE: true });
    await expect(set(key, { CKA_SIGN: true })).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
    expect(await read(await set(key, { CKA_ENCRYPT: false }), "CKA_ENCRYPT")).toBe(false);
  });

  it("callers cannot make a key trusted", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 16 });
    await expect(set(key, { CKA_TRUSTED: true })).toThrowRv(ck.CKR_FUNCTION_CANCELED);
    await expect(generateAes(subject, { CKA_VALUE_LEN: 16, CKA_TRUSTED: true })).toThrowRv(ck.CKR_FUNCTION_CANCELED);
  });

  it("changes booleans only", async () => {
    const key = await generateAes(subject, { CKA_VALUE_LEN: 16 });
    await expect(set(key, { CKA_VALUE_LEN: 32 })).toThrowRv(ck.CKR_ATTRIBUTE_TYPE_INVALID);
    await expect(set(key, { CKA_KEY_TYPE: ck.CKK_DES3 })).toThrowRv(ck.CKR_ATTRIBUTE_TYPE_INVALID);
    await expect(set(key, { CKA_LABEL: sample(3) })).toThrowRv(ck.CKR_ATTRIBUTE_TYPE_INVALID);
  });

  it.each([
    ["CKA_SENSITIVE", true, false],
    ["CKA_ALWAYS_SENSITIVE", true, false],
    ["CKA_PRIVATE", true, false],
    ["CKA_TOKEN", false, false],
  ] as const)(
    "%s is %s for secret and private keys, %s for public ones, and accepts its current value",
    async (name, inside, outside) => {
      const { privateKey, publicKey } = await subject.keys.key("P-256");
      const expectFixed = async (key: Uint8Array, value: boolean) => {
        expect(await read(await set(key, { [name]: value }), name)).toBe(value);
        await expect(set(key, { [name]: !value })).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
      };
      await expectFixed((await subject.keys.key("AES-128")).privateKey, inside);
      await expectFixed(privateKey, inside);
      await expectFixed(publicKey, outside);
    },
  );

  it("keeps the rights that public keys cannot lose", async () => {
    const { publicKey } = await generateEc(subject, {}, {});
    await expect(set(publicKey, { CKA_VERIFY: false })).toThrowRv(ck.CKR_ATTRIBUTE_READ_ONLY);
    const derivable = await set(publicKey, { CKA_DERIVE: true });
    expect(spkiOf(derivable)).toEqual(spkiOf(publicKey));
    expect(await read(derivable, "CKA_DERIVE")).toBe(true);
    await expect(set(spkiOf(publicKey), { CKA_DERIVE: true })).toThrowRv(ck.CKR_ACTION_PROHIBITED);
  });
});
