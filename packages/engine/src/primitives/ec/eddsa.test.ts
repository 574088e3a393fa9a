import { afterAll, describe, expect, test } from "vitest";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { encodePrivateKey, encodePublicKey } from "../keys/key-encodings.ts";
import { cryptoBackend, useCryptoBackend } from "../openssl/crypto-backend.ts";
import { loadOpenSsl } from "../openssl/openssl.ts";
import { type Curve, ED448, ED25519 } from "./curves.ts";
import { publicPoint } from "./ec-point.ts";
import { type EddsaForm, eddsaBytes, PURE, signEddsa, verifyEddsa } from "./eddsa.ts";

function pairOf(curve: Curve, privateValue: Uint8Array) {
  const point = publicPoint(curve, privateValue);
  return {
    pkcs8: encodePrivateKey({ type: "ec", curve, privateValue, point }),
    spki: encodePublicKey({ type: "ec", curve, point }),
  };
}

const text = new TextEncoder().encode("abc");
const BACKENDS = ["openssl", "portable"] as const;

afterAll(() => useCryptoBackend("openssl"));

describe.each(BACKENDS)("by %s", (backend) => {
  const use = () => {
    useCryptoBackend(backend);
    expect(cryptoBackend()).toBe(backend);
  };

  test("Ed25519ph as in RFC 8032, 7.3", () => {
    use();
    const { pkcs8, spki } = pairOf(ED25519, hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"));
    const form = { prehash: true, context: new Uint8Array(0) };
    const signature = signEddsa(ED25519, pkcs8, form, text);
    expect(signature).toEqual(
      hex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41" +
          "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
      ),
    );
    expect(verifyEddsa(ED25519, spki, form, text, signature)).toBe(true);
  });

  test.each([
    ["Ed25519", ED25519],
    ["Ed448", ED448],
  ])("%s binds form, context and message", (_name, curve) => {
    use();
    const { pkcs8, spki } = pairOf(curve, new Uint8Array(curve.privateBytes).fill(5));
    const context = Uint8Array.of(1, 2, 3);
    const forms: EddsaForm[] = [
      PURE,
      { prehash: false, context },
      { prehash: true, context: PURE.context },
      { prehash: true, context },
      { prehash: true, context: new Uint8Array(255) },
    ];
    for (const made of forms) {
      const signature = signEddsa(curve, pkcs8, made, text);
      expect(signature).toHaveLength(eddsaBytes(curve));
      for (const asked of forms) {
        expect(verifyEddsa(curve, spki, asked, text, signature)).toBe(asked === made);
      }
      expect(verifyEddsa(curve, spki, made, signature, signature)).toBe(false);
      const signatureOfOther = signature.map((byte, at) => byte ^ Number(at === 3));
      expect(verifyEddsa(curve, spki, made, text, signatureOfOther)).toBe(false);
    }
  });
});

test.each([true, false])("both backends make the same signatures (pre-hashed: %s)", (prehash) => {
  for (const curve of [ED25519, ED448]) {
    const { pkcs8 } = pairOf(curve, new Uint8Array(curve.privateBytes).fill(9));
    const form = { prehash, context: text };
    const [first, second] = BACKENDS.map((backend) => {
      useCryptoBackend(backend);
      return signEddsa(curve, pkcs8, form, text);
    });
    expect(first).toEqual(second);
  }
});

test("OpenSSL refuses keys of other kinds", () => {
  const openSsl = loadOpenSsl()!;
  const { pkcs8, spki } = pairOf(ED448, new Uint8Array(57).fill(1));
  expect(() => openSsl.signInstance("Ed25519ph", pkcs8, text, text)).toThrow("OpenSSL rejects the key");
  expect(() => openSsl.verifyInstance("Ed25519ph", spki, text, text, text)).toThrow("OpenSSL rejects the key");
  expect(() => openSsl.signInstance("Ed25519ph", text, text, text)).toThrow("OpenSSL rejects the key");
});

interface EdCase {
  readonly name: string;
  readonly algorithm: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly context: string;
  readonly message: string;
  readonly signature: string;
  readonly result: string;
}

describeVectors<{ cases: readonly EdCase[] }>("ep11/ed-x-curves.json", ({ cases }) => {
  const signatures = cases.filter(({ algorithm }) => algorithm.startsWith("Ed"));
  describe.each(BACKENDS)("by %s", (backend) => {
    test.each(signatures)("$name", ({ algorithm, privateKey, publicKey, context, message, signature, result }) => {
      useCryptoBackend(backend);
      const curve = algorithm.startsWith("Ed25519") ? ED25519 : ED448;
      const form = { prehash: algorithm.endsWith("ph"), context: hex(context) };
      const spki = encodePublicKey({ type: "ec", curve, point: hex(publicKey) });
      expect(verifyEddsa(curve, spki, form, hex(message), hex(signature))).toBe(result === "valid");
      if (result !== "valid") return;
      const { pkcs8 } = pairOf(curve, hex(privateKey));
      expect(signEddsa(curve, pkcs8, form, hex(message))).toEqual(hex(signature));
    });
  });
});
