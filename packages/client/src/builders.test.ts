import {
  CKA_ENCRYPT,
  CKA_VALUE_LEN,
  CKD_NULL,
  CKD_SHA256_KDF,
  CKG_MGF1_SHA1,
  CKG_MGF1_SHA256,
  CKM_ECDH1_DERIVE,
  CKM_RSA_PKCS_OAEP,
  CKM_SHA256,
  CKM_SHA384,
  CKM_SHA384_HMAC_GENERAL,
  CKM_SHA384_RSA_PKCS_PSS,
  CKR_ATTRIBUTE_TYPE_INVALID,
  CKR_ATTRIBUTE_VALUE_INVALID,
} from "@grep11/cryptoki";
import { describe, expect, it } from "vitest";
import * as mechanism from "./mechanism.ts";
import { type NamedAttributes, template } from "./template.ts";

describe("template", () => {
  it("maps names to numbers and leaves undefined out", () => {
    const built = template({ CKA_ENCRYPT: true, CKA_VALUE_LEN: 32, CKA_LABEL: undefined });
    expect([...built]).toEqual([
      [CKA_ENCRYPT, true],
      [CKA_VALUE_LEN, 32],
    ]);
  });

  it("refuses unknown names and values of another kind", () => {
    const unknown = { CKA_NONSENSE: true } as NamedAttributes;
    expect(() => template(unknown)).toThrow(expect.objectContaining({ rv: CKR_ATTRIBUTE_TYPE_INVALID }));
    const values: NamedAttributes[] = [
      { CKA_ENCRYPT: 1 },
      { CKA_VALUE_LEN: true },
      { CKA_VALUE_LEN: -1 },
      { CKA_VALUE_LEN: 1.5 },
      { CKA_EC_PARAMS: 5 },
    ];
    for (const value of values) {
      expect(() => template(value)).toThrow(expect.objectContaining({ rv: CKR_ATTRIBUTE_VALUE_INVALID }));
    }
  });
});

describe("mechanism", () => {
  it("fills parameters with the numbers of the hash", () => {
    const label = Uint8Array.of(1);
    expect(mechanism.rsaOaep({ hash: "sha256" })).toEqual({
      mechanism: CKM_RSA_PKCS_OAEP,
      parameter: { type: "RSAOAEPParm", hashMech: CKM_SHA256, mgf: CKG_MGF1_SHA256 },
    });
    expect(mechanism.rsaOaep({ hash: "sha256", mgf: "sha1", label }).parameter).toMatchObject({
      mgf: CKG_MGF1_SHA1,
      encodingParm: label,
    });
    expect(mechanism.rsaPssSignature({ hash: "sha384" })).toMatchObject({
      mechanism: CKM_SHA384_RSA_PKCS_PSS,
      parameter: { hashMech: CKM_SHA384, saltByteCount: 48 },
    });
    expect(mechanism.rsaPss({ hash: "sha384", saltLength: 0 }).parameter).toMatchObject({ saltByteCount: 0 });
    expect(mechanism.ecdh1({ publicData: label })).toEqual({
      mechanism: CKM_ECDH1_DERIVE,
      parameter: { type: "ECDH1DeriveParm", kdf: CKD_NULL, sharedData: new Uint8Array(0), publicData: label },
    });
    expect(mechanism.x25519({ publicData: label, kdf: "sha256" }).parameter).toMatchObject({ kdf: CKD_SHA256_KDF });
  });

  it("writes structures as numbers and then what they point to", () => {
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
    expect(mechanism.aesCtr({ block: iv, counterBits: 32 }).parameter).toEqual(bytes(`00000020 ${"01".repeat(12)}`));
    expect(mechanism.chacha20({ nonce: iv, counter: 1 }).parameter).toEqual(
      bytes(`00000020 00000060 01000000 ${"01".repeat(12)}`),
    );
    expect(mechanism.chacha20Poly1305({ nonce: iv, aad }).parameter).toEqual(
      bytes(`0000000c 00000002 ${"01".repeat(12)} 0909`),
    );
    expect(mechanism.hmacGeneral("sha384", 24)).toEqual({
      mechanism: CKM_SHA384_HMAC_GENERAL,
      parameter: bytes("00000018"),
    });
    expect(mechanism.aesCmacGeneral(8).parameter).toEqual(bytes("00000008"));
    expect(mechanism.aesCbcEncryptData({ iv, data: aad }).parameter).toEqual(bytes(`${"01".repeat(12)} 0909`));
  });
});
