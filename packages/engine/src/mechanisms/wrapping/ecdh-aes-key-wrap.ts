/**
 * Key transport by ECDH (PKCS #11 v3.2, 6.3.20 to 6.3.23). Every wrapping generates an ephemeral key pair, agrees with the KEK
 * on an AES key, and wraps the key with AES key wrap with padding (RFC 5649). The result is the ephemeral public key,
 * uncompressed or raw, followed by the wrapped key.
 */
import * as ck from "@grep11/cryptoki";
import { concatenate } from "@grep11/encoding";
import type { ReadBy } from "@grep11/mechanisms";
import { type Key, type KeyMaterial, NO_KEY } from "../../objects/key.ts";
import type { Curve } from "../../primitives/ec/curves.ts";
import { generateEcKeyPair } from "../../primitives/ec/ec-point.ts";
import { encodePrivateKey } from "../../primitives/keys/key-encodings.ts";
import { isWrapped, KEY_WRAP_IV, keyUnwrap, keyWrap } from "../../primitives/symmetric/aes-key-wrap.ts";
import { agreedKey, isHashKdf } from "../agreement/ecdh-agreement.ts";
import { pointOfKey } from "../derivation/derived-pair-half.ts";
import type { Family } from "../family.ts";
import { ec, NAMED_CURVES, SAFE_CURVES, TRANSPORT } from "../key-properties.ts";
import { requireCurve } from "../keygen/ec-curve.ts";
import { type MechanismRow, row } from "../row.ts";

type EcdhAesParameter = ReadBy<typeof ck.CKM_ECDH_AES_KEY_WRAP>;

/**
 * Wraps secret keys as their raw value, private keys as PrivateKeyInfo. Throws CKR_MECHANISM_INVALID for a KEK on a
 * curve that does not satisfy `fits`, CKR_MECHANISM_PARAM_INVALID for an unknown KDF, or for no KDF if the curve is too
 * small for the AES key.
 */
function ecdhAesKeyWrap(fits: (curve: Curve) => boolean, wanted: string): Family<EcdhAesParameter> {
  /** Returns the AES key on which the private key `pkcs8` and the public key `publicData` agree. */
  function agree(curve: Curve, pkcs8: Uint8Array, publicData: Uint8Array, parameter: EcdhAesParameter): Uint8Array {
    const { aesBits, kdf, sharedData } = parameter;
    const material: KeyMaterial = { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_EC, value: pkcs8 };
    const key: Key = { ...NO_KEY, ...material };
    return agreedKey(key, curve, { kdf, sharedData, publicData }, { keyType: ck.CKK_AES, length: aesBits / 8 }).value;
  }

  return {
    cost: () => "worker",
    carrierBits: ({ aesBits }) => aesBits,
    requireKey(key, { aesBits, kdf, sharedData }) {
      const { fieldBytes } = requireCurve(key, fits, wanted);
      const fitsNull = kdf === "null" && sharedData.length === 0 && aesBits <= 8 * fieldBytes;
      if (!fitsNull && !isHashKdf(kdf)) {
        throw ck.CkError.mechanismParamInvalid("the KDF does not fit the curve and the shared data");
      }
    },
    wrap(kek, parameter, key, _macKey, random) {
      const { curve, point } = pointOfKey(kek);
      const ephemeral = generateEcKeyPair(curve, random);
      const aesKey = agree(curve, encodePrivateKey(ephemeral), point, parameter);
      const wrapped = keyWrap("kwp", aesKey, KEY_WRAP_IV.kwp, key.value);
      aesKey.fill(0);
      return concatenate(ephemeral.point, wrapped);
    },
    unwrap(kek, parameter, wrapped) {
      const curve = requireCurve(kek!, fits, wanted);
      const point = wrapped.subarray(0, curve.publicBytes);
      const rest = wrapped.subarray(point.length);
      if (!isWrapped("kwp", rest.length)) {
        throw new ck.CkError(ck.CKR_WRAPPED_KEY_LEN_RANGE, "no wrapped key follows the public key");
      }
      const aesKey = attempt(() => agree(curve, kek!.value, point, parameter));
      const value = keyUnwrap("kwp", aesKey, KEY_WRAP_IV.kwp, rest);
      aesKey.fill(0);
      if (value === undefined) throw ck.CkError.wrappedKeyInvalid();
      return { value };
    },
  };
}

/** An invalid public key of the sender causes the same error as an invalid wrapped key. */
function attempt(agree: () => Uint8Array): Uint8Array {
  try {
    return agree();
  } catch {
    throw ck.CkError.wrappedKeyInvalid();
  }
}

export const ecdhWeierstrassAesKeyWrap: Family<EcdhAesParameter> = ecdhAesKeyWrap(
  ck.isWeierstrass,
  "short Weierstrass curves",
);
export const ecdhMontgomeryAesKeyWrap: Family<EcdhAesParameter> = ecdhAesKeyWrap(
  ({ family }) => family === "montgomery",
  "X25519 or X448",
);

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_ECDH_AES_KEY_WRAP, { ...ec, flags: TRANSPORT | NAMED_CURVES, family: ecdhWeierstrassAesKeyWrap }),
  row(ck.CKM_ECDH_COF_AES_KEY_WRAP, { ...ec, flags: TRANSPORT | NAMED_CURVES, family: ecdhWeierstrassAesKeyWrap }),
  row(ck.CKM_ECDH_X_AES_KEY_WRAP, {
    keyTypes: [ck.CKK_EC],
    bits: [255, 448],
    flags: TRANSPORT | NAMED_CURVES,
    controlPoints: SAFE_CURVES,
    family: ecdhMontgomeryAesKeyWrap,
  }),
];
