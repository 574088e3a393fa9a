import * as ck from "@grep11/cryptoki";
import { describe, expect, test } from "vitest";
import { noRandom } from "../../../test/cipher-parts.ts";
import { ckr, privateKey, secretKey } from "../../../test/keys.ts";
import { counting } from "../../../test/sealing.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { curveOfName } from "../../primitives/ec/curves.ts";
import { importPrivateKey } from "../../primitives/keys/key-import.ts";
import { KEY_WRAP_IV } from "../../primitives/symmetric/aes-key-wrap.ts";
import { aesKeyWrap } from "./aes-key-wrap.ts";

const FAMILIES = { kw: aesKeyWrap("kw"), kwp: aesKeyWrap("kwp") };
const SECRET = { objectClass: ck.CKO_SECRET_KEY, keyType: ck.CKK_GENERIC_SECRET, valueLen: undefined };
const kek = secretKey(ck.CKK_AES, counting(32));

describeVectors<{ cases: readonly Record<string, string>[] }>("ep11/aes.json", ({ cases }) => {
  test.each(cases.filter(({ mode }) => mode === "KW" || mode === "KWP"))("$name", (each) => {
    const kind = each.mode === "KW" ? "kw" : "kwp";
    const key = secretKey(ck.CKK_AES, hex(each.key!));
    const [plain, wrapped] = [hex(each.plaintext!), hex(each.ciphertext!)];
    expect(FAMILIES[kind].encrypt!(key, KEY_WRAP_IV[kind], plain, noRandom)).toEqual(wrapped);
    expect(FAMILIES[kind].decrypt!(key, KEY_WRAP_IV[kind], wrapped)).toEqual(plain);
  });
});

interface WrapCase {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly msg: string;
  readonly ct: string;
  readonly result: "valid" | "invalid" | "acceptable";
}

for (const [file, kind] of [
  ["wycheproof/aes_wrap_test.json", "kw"],
  ["wycheproof/aes_kwp_test.json", "kwp"],
] as const) {
  describeVectors<{ testGroups: readonly { tests: readonly WrapCase[] }[] }>(file, ({ testGroups }) => {
    test.each(testGroups.flatMap(({ tests }) => tests))("$tcId $comment", ({ key: value, msg, ct, result }) => {
      const [family, iv] = [FAMILIES[kind], KEY_WRAP_IV[kind]];
      const key = secretKey(ck.CKK_AES, hex(value));
      const wrapped = hex(ct);
      const unwrap = () => family.unwrap!(key, iv, wrapped, SECRET, undefined).value;
      // Test cases marked "acceptable" wrap keys of 8 bytes, which RFC 3394 does not support.
      if (result === "valid") {
        expect(unwrap()).toEqual(hex(msg));
        const secret = secretKey(ck.CKK_GENERIC_SECRET, hex(msg));
        expect(family.wrap!(key, iv, secret, undefined, noRandom)).toEqual(wrapped);
        return;
      }
      const rightLength = wrapped.length % 8 === 0 && wrapped.length >= (kind === "kw" ? 24 : 16);
      expect(unwrap).toThrow(ckr(rightLength ? ck.CKR_WRAPPED_KEY_INVALID : ck.CKR_WRAPPED_KEY_LEN_RANGE));
      expect(() => family.decrypt!(key, iv, wrapped)).toThrow(
        ckr(rightLength ? ck.CKR_ENCRYPTED_DATA_INVALID : ck.CKR_ENCRYPTED_DATA_LEN_RANGE),
      );
    });
  });
}

describe.each(["kw", "kwp"] as const)("%s", (kind) => {
  const family = FAMILIES[kind];
  const iv = KEY_WRAP_IV[kind];

  test("wraps keys of every length, and encrypts data of every length it can", () => {
    for (let length = 1; length <= 70; length++) {
      const secret = secretKey(ck.CKK_GENERIC_SECRET, counting(length));
      const wrapped = family.wrap!(kek, iv, secret, undefined, noRandom);
      const blocks = Math.max(kind === "kw" ? 2 : 1, Math.ceil(length / 8));
      expect(wrapped).toHaveLength(8 * blocks + 8);
      const target = { ...SECRET, valueLen: length };
      expect(family.unwrap!(kek, iv, wrapped, target, undefined).value).toEqual(secret.value);
      if (kind === "kwp" || (length >= 16 && length % 8 === 0)) {
        expect(family.encrypt!(kek, iv, secret.value, noRandom)).toEqual(wrapped);
      } else {
        expect(() => family.encrypt!(kek, iv, secret.value, noRandom)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
      }
    }
    expect(() => family.encrypt!(kek, iv, new Uint8Array(0), noRandom)).toThrow(ckr(ck.CKR_DATA_LEN_RANGE));
  });

  test("private keys travel as PrivateKeyInfo", () => {
    const pair = privateKey(ck.CKK_EC, Uint8Array.of(0x30, 70, ...counting(70)));
    const wrapped = family.wrap!(kek, iv, pair, undefined, noRandom);
    const target = { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, valueLen: undefined };
    expect(family.unwrap!(kek, iv, wrapped, target, undefined).value).toEqual(pair.value);
  });

  test("another initialisation vector is another wrapping, and none of its lengths is short", () => {
    const other = iv.with(0, 0);
    const wrapped = family.encrypt!(kek, other, counting(24), noRandom);
    expect(family.decrypt!(kek, other, wrapped)).toEqual(counting(24));
    expect(() => family.decrypt!(kek, iv, wrapped)).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_INVALID));
    for (const length of [0, 8, 15, 25]) {
      expect(() => family.decrypt!(kek, iv, new Uint8Array(length))).toThrow(ckr(ck.CKR_ENCRYPTED_DATA_LEN_RANGE));
    }
  });
});

describe("CKM_AES_KEY_WRAP pads keys with zeros (PKCS #11 v3.2, 6.16.3)", () => {
  const family = FAMILIES.kw;
  const iv = KEY_WRAP_IV.kw;
  const PRIVATE = { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, valueLen: undefined };

  /**
   * The test vectors below were generated with C_WrapKey of SoftHSM 2.6.1 (Debian 12), under an AES key with the bytes 0x40
   * to 0x5f.
   */
  const softHsmKek = secretKey(ck.CKK_AES, counting(32, 0x40));
  const softHsmPrivateKeys = [
    [
      "P-256",
      "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc",
      "041e2f09473bbb5c7baaeb24ba00269f2dacd1ee9c8e68c112af9b3c715fbee357bd987a15d99e85a48a06f5699f9bea0fad49c5fd48d688ec489bd57d2288fa97422ba41f0f8f636846c07688e45fdb",
    ],
    [
      "P-384",
      "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d141b222930373e454c",
      "5828f7eea087f097efcbc84257ec9adfbe94988ce633a8ab2e375491ab3874e7a7b991d2aff79c007646a1055722c1597c026c50223fbeec41e3fec1d591927dad96108b7d686de56ba49b1305021757655655823e8c6586",
    ],
    [
      "P-521",
      "000a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d141b222930373e454c535a61686f767d848b9299a0a7aeb5bcc3ca",
      "4237a7976b06716d328a4a84670cfc327134742c284917b6c30a4ab6aab7024fd52e5f3200150a5be08bbf00da0c08a636bc1a2a4f1df7d080059b011db97a88ee58f2cdb817176c0ec0932391010acc5b2b138ec897895a18a761e767693db9ac2500f644bb5d8fbb42e262013f2c6b",
    ],
    [
      "secp256k1",
      "030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dc",
      "bad513268d275837068defc2f3d685f8265c1979803c6eab1ce96f8dc95659b28b68a7d2b072440e9e79200cb93fc3f15dbae8a0e28bb71ce915c80b5e2abb2183254fdbd88c614e",
    ],
  ] as const;
  const softHsmSecrets = [
    ["9", "01060b10151a1f2429", "65f6f8276e739827bea5f14b0d207f65772b6208e1b14fa0"],
    ["16", "01060b10151a1f24292e33383d42474c", "1567b7141f4b6040a0656fa1620bb8653ea997e05ee4f6e8"],
    ["17", "01060b10151a1f24292e33383d42474c51", "da99252e9940dd4e1d0ffea31ab3020361bd1a8469426d3f3985a50da088d076"],
    [
      "20",
      "01060b10151a1f24292e33383d42474c51565b60",
      "4e81e55c99a01764015a38e03ed5449b32afc11ec481626e1c992b9094dbb9f9",
    ],
    [
      "23",
      "01060b10151a1f24292e33383d42474c51565b60656a6f",
      "3a0ba7aca9a2c70e033e02ebf24740e51aec87c1fa4955cbf2c3aae9906d778b",
    ],
    [
      "24",
      "01060b10151a1f24292e33383d42474c51565b60656a6f74",
      "6edcb225c5c091d7168d622f75f6ea6f2b8531ba075674735baaaa2b5f268c47",
    ],
    [
      "25",
      "01060b10151a1f24292e33383d42474c51565b60656a6f7479",
      "0fd9c3585cb4442dafe78c1565edcdb3df862695016cfdf3dce8b28988a55c10f6d24218ad3f7df3",
    ],
    [
      "33",
      "01060b10151a1f24292e33383d42474c51565b60656a6f74797e83888d92979ca1",
      "ae87186481f564140a138ad3802e6f47d476b0faaa7925848f0ef30844a7834ba7f971fa76985d434b4b407f64ef3598",
    ],
  ] as const;

  test.each(softHsmPrivateKeys)("unwraps the private key on %s that SoftHSM wrapped", (curve, value, wrapped) => {
    const pkcs8 = family.unwrap!(softHsmKek, iv, hex(wrapped), PRIVATE, undefined).value;
    const key = importPrivateKey(pkcs8);
    expect(key).toMatchObject({ type: "ec", curve: curveOfName(curve), privateValue: hex(value) });
    // The engine's own private keys contain their public key, unlike SoftHSM's. Wrapping SoftHSM's encoding again shows
    // that both pad it in the same way.
    const ours = family.wrap!(softHsmKek, iv, privateKey(ck.CKK_EC, pkcs8), undefined, noRandom);
    expect(ours).toEqual(hex(wrapped));
  });

  test.each(softHsmSecrets)("wraps and unwraps a secret of %s bytes as SoftHSM does", (length, value, wrapped) => {
    const target = { ...SECRET, valueLen: Number(length) };
    expect(family.unwrap!(softHsmKek, iv, hex(wrapped), target, undefined).value).toEqual(hex(value));
    const secret = secretKey(ck.CKK_GENERIC_SECRET, hex(value));
    expect(family.wrap!(softHsmKek, iv, secret, undefined, noRandom)).toEqual(hex(wrapped));
  });

  test("without CKA_VALUE_LEN the zeros are part of the secret", () => {
    const wrapped = family.wrap!(kek, iv, secretKey(ck.CKK_GENERIC_SECRET, counting(20, 1)), undefined, noRandom);
    const { value } = family.unwrap!(kek, iv, wrapped, SECRET, undefined);
    expect(value).toEqual(Uint8Array.of(...counting(20, 1), 0, 0, 0, 0));
  });

  const pkcs8 = Uint8Array.of(0x30, 18, ...counting(18, 1));
  test.each([
    ["another byte than zero after a private key", Uint8Array.of(...pkcs8, 0, 0, 0, 1), PRIVATE],
    ["a whole block after a private key", Uint8Array.of(...pkcs8, ...new Uint8Array(12)), PRIVATE],
    ["a private key that is cut off", pkcs8.subarray(0, 16), PRIVATE],
    ["no DER where a private key is expected", counting(24), PRIVATE],
    ["another byte than zero after a secret", counting(24, 1), { ...SECRET, valueLen: 20 }],
    ["a whole block after a secret", new Uint8Array(24), { ...SECRET, valueLen: 16 }],
  ])("refuses %s", (_, data, target) => {
    const wrapped = family.encrypt!(kek, iv, data, noRandom);
    expect(() => family.unwrap!(kek, iv, wrapped, target, undefined)).toThrow(ckr(ck.CKR_WRAPPED_KEY_INVALID));
  });
});
