/** ML-DSA and HashML-DSA (FIPS 204; PKCS #11 v3.2, 6.67; docs/reference/ep11.md#post-quantum). */
import * as ck from "@grep11/cryptoki";
import type { ReadBy } from "@grep11/mechanisms";
import { dilithiumLengths, ML_DSA, type MlDsaName } from "../../primitives/lattice/dilithium-parameters.ts";
import { shake, type Xof } from "../../primitives/lattice/lattice-xof.ts";
import {
  ML_DSA_RANDOM_BYTES,
  type MlDsaInput,
  mlDsaSign,
  mlDsaSignMessage,
  mlDsaVerify,
  mlDsaVerifyMessage,
  type Prehash,
} from "../../primitives/lattice/ml-dsa.ts";
import type { RandomSource } from "../../primitives/random.ts";
import type { Family } from "../family.ts";
import { hashRows } from "../hash-rows.ts";
import { mlDsaKeys, SIGNATURE } from "../key-properties.ts";
import { numberedKeyPairGen, type RawPrivateKey, rawPrivateKey, rawPublicKey } from "../keygen/pqc-key-pair.ts";
import { type MechanismRow, row } from "../row.ts";
import { type DigestSigner, hashAndSign, verifyAfterSign, withAnyKey } from "./signing.ts";

type SignatureContext = ReadBy<typeof ck.CKM_ML_DSA>;

export const mlDsaKeyPairGen: Family<undefined> = numberedKeyPairGen("ml-dsa", "standard");
export const ibmMlDsaKeyPairGen: Family<undefined> = numberedKeyPairGen("ml-dsa", "ibm");

/** Errors: CKR_SIGNATURE_LEN_RANGE, CKR_PUBLIC_KEY_INVALID. */
export const mlDsa: Family<SignatureContext> = {
  cost: () => "worker",
  sign(key, { deterministic, context }, data, random) {
    if (!deterministic) return mlDsaSignMessage(key.value, data, context);
    return signInput(rawPrivateKey(key, "ml-dsa"), { data, context }, deterministic, random);
  },
  verify(key, { context }, data, signature) {
    requireSignatureLength(rawPublicKey(key, "ml-dsa").set.name, signature);
    return withAnyKey(() => mlDsaVerifyMessage(key.value, data, context, signature));
  },
};

/** Signs digests that the caller has computed. Errors: CKR_DATA_LEN_RANGE, CKR_SIGNATURE_LEN_RANGE. */
export const hashMlDsa: Family<ReadBy<typeof ck.CKM_HASH_ML_DSA>> = {
  cost: () => "worker",
  sign: (key, parameter, data, random) =>
    digestSigner(parameter.hash).sign(key, parameter, requireDigest(parameter.hash, data), random),
  verify: (key, parameter, data, signature) =>
    digestSigner(parameter.hash).verify(key, parameter, requireDigest(parameter.hash, data), signature),
};

/** Hashes messages, in parts or at once, and signs the digest. */
export function hashMlDsaOf(hash: ck.HashName): Family<SignatureContext> {
  return hashAndSign(hash, digestSigner(hash));
}

/** Hashes with an XOF whose output is twice as long as its strength. Messages cannot be hashed in parts. */
export function shakeMlDsa(xof: Xof): Family<SignatureContext> {
  const signer = digestSigner(xof);
  const digestOf = (data: Uint8Array) => shake(xof, XOF_DIGEST_BYTES[xof], data);
  return {
    cost: () => "worker",
    sign: (key, parameter, data, random) => signer.sign(key, parameter, digestOf(data), random),
    verify: (key, parameter, data, signature) => signer.verify(key, parameter, digestOf(data), signature),
  };
}

const XOF_DIGEST_BYTES: Readonly<Record<Xof, number>> = { shake128: 32, shake256: 64 };

function digestSigner(prehash: Prehash): DigestSigner<SignatureContext> {
  return {
    cost: () => "worker",
    sign: (key, { deterministic, context }, data, random) =>
      signInput(rawPrivateKey(key, "ml-dsa"), { data, context, prehash }, deterministic, random),
    verify(key, { context }, data, signature) {
      const { set, publicKey } = rawPublicKey(key, "ml-dsa");
      requireSignatureLength(set.name, signature);
      return mlDsaVerify(set.name, publicKey, { data, context, prehash }, signature);
    },
  };
}

function signInput(
  { set, privateKey, publicKey }: RawPrivateKey<"ml-dsa">,
  input: MlDsaInput,
  deterministic: boolean,
  random: RandomSource,
): Uint8Array {
  const randomness = deterministic ? new Uint8Array(ML_DSA_RANDOM_BYTES) : random(ML_DSA_RANDOM_BYTES);
  return verifyAfterSign(mlDsaSign(set.name, privateKey, input, randomness), (signature) =>
    mlDsaVerify(set.name, publicKey, input, signature),
  );
}

function requireSignatureLength(name: MlDsaName, signature: Uint8Array): void {
  const { signature: length } = dilithiumLengths(ML_DSA[name]);
  if (signature.length !== length) throw ck.CkError.signatureLenRange(length);
}

function requireDigest(hash: ck.HashName, data: Uint8Array): Uint8Array {
  const { bytes } = ck.HASHES[hash];
  if (data.length === bytes) return data;
  throw new ck.CkError(ck.CKR_DATA_LEN_RANGE, `a digest of this hash has ${bytes} bytes`);
}

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_IBM_ML_DSA_KEY_PAIR_GEN, { ...mlDsaKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: ibmMlDsaKeyPairGen }),
  row(ck.CKM_ML_DSA_KEY_PAIR_GEN, { ...mlDsaKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: mlDsaKeyPairGen }),
  row(ck.CKM_IBM_ML_DSA, { ...mlDsaKeys, flags: SIGNATURE, family: mlDsa }),
  row(ck.CKM_ML_DSA, { ...mlDsaKeys, flags: SIGNATURE, family: mlDsa }),
  row(ck.CKM_HASH_ML_DSA, {
    ...mlDsaKeys,
    flags: SIGNATURE,
    family: hashMlDsa,
    signatureHash: ({ hash }) => hash,
  }),
  ...hashRows("hashMlDsa", (mechanism, hash) =>
    row(mechanism, { ...mlDsaKeys, flags: SIGNATURE, shape: "multi", family: hashMlDsaOf(hash) }),
  ),
  row(ck.CKM_HASH_ML_DSA_SHAKE128, { ...mlDsaKeys, flags: SIGNATURE, family: shakeMlDsa("shake128") }),
  row(ck.CKM_HASH_ML_DSA_SHAKE256, { ...mlDsaKeys, flags: SIGNATURE, family: shakeMlDsa("shake256") }),
];
