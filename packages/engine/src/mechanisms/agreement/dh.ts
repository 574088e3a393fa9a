/** Diffie-Hellman in prime fields (PKCS #11 v3.2, 6.4; docs/reference/decisions.md#dh-parameters). */
import * as ck from "@grep11/cryptoki";
import { numberIn, requirePresent } from "../../objects/template-values.ts";
import * as dhAgreement from "../../primitives/finite-field/dh-agreement.ts";
import { areDhParameters, DH_BITS } from "../../primitives/finite-field/dh-parameters.ts";
import { groupOfSize } from "../../primitives/finite-field/groups.ts";
import { encodeDhParameters, parseDhParameters } from "../../primitives/keys/integer-formats.ts";
import { encodePrivateKey, encodePublicKey } from "../../primitives/keys/key-encodings.ts";
import type { DhParameters } from "../../primitives/keys/keys.ts";
import { secretFrom, secretShape } from "../derivation/derived-secret.ts";
import type { Family } from "../family.ts";
import { dhKeys } from "../key-properties.ts";
import { domainParameters, domainParametersIn, domainParametersInvalid } from "../keygen/domain-parameters.ts";
import { type MechanismRow, row } from "../row.ts";

/** Minimum length of the private value in bits, which gives 80 bits of strength. */
const MIN_VALUE_BITS = 160;

/**
 * Returns the approved group of CKA_PRIME_BITS bits; a newly generated group could only be weaker.
 * Errors: CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE.
 */
export const dhParameterGen: Family<undefined> = {
  // A worker is needed, because OpenSSL tests the prime when it returns a named group.
  cost: () => "worker",
  generateKey(_parameter, template) {
    const group = groupOfSize(requirePresent(numberIn(template, ck.CKA_PRIME_BITS), ck.CKA_PRIME_BITS));
    if (group === undefined) throw ck.CkError.keySizeRange("there are groups of 1024, 1536, 2048 and 3072 bits");
    return domainParameters(ck.CKK_DH, encodeDhParameters(group));
  },
};

/**
 * Generates a key pair for the parameters in the public template; p must be a safe prime. CKA_VALUE_BITS limits the length of
 * the private value. Errors: CKR_TEMPLATE_INCOMPLETE, CKR_KEY_SIZE_RANGE, CKR_DOMAIN_PARAMS_INVALID.
 */
export const dhKeyPairGen: Family<undefined> = {
  cost: () => "generation",
  generateKeyPair(_parameter, publicTemplate, privateTemplate, random) {
    const parameters = requireParameters(publicTemplate);
    const bits = valueBits(privateTemplate) ?? valueBits(publicTemplate);
    const { privateKey, publicKey } = dhAgreement.generateDhKeyPair(parameters, random, bits);
    return {
      publicKey: { objectClass: ck.CKO_PUBLIC_KEY, keyType: ck.CKK_DH, value: encodePublicKey(publicKey) },
      privateKey: { objectClass: ck.CKO_PRIVATE_KEY, keyType: ck.CKK_DH, value: encodePrivateKey(privateKey) },
    };
  },
};

function requireParameters(template: ck.Template): DhParameters {
  const parameters = domainParametersIn(template, { prime: ck.CKA_PRIME, base: ck.CKA_BASE }, parseDhParameters);
  const bits = 8 * parameters.prime.length;
  if (bits < DH_BITS.min || bits > DH_BITS.max) {
    throw ck.CkError.keySizeRange(`p has ${DH_BITS.min} to ${DH_BITS.max} bits`);
  }
  if (!areDhParameters(parameters)) throw domainParametersInvalid("p is not a safe prime, or g is trivial");
  return parameters;
}

/** Returns CKA_VALUE_BITS; undefined if it is absent or 0, which leaves the length to the HSM. */
function valueBits(template: ck.Template): number | undefined {
  const bits = numberIn(template, ck.CKA_VALUE_BITS) ?? 0;
  if (bits !== 0 && bits < MIN_VALUE_BITS) {
    throw ck.CkError.keySizeRange(`a private value has at least ${MIN_VALUE_BITS} bits`);
  }
  return bits === 0 ? undefined : bits;
}

/**
 * The parameter is the peer's public value, big-endian. The key consists of the trailing bytes of the shared secret
 * (docs/reference/decisions.md#null-kdf-truncation). Errors: CKR_KEY_TYPE_INCONSISTENT for public keys,
 * CKR_MECHANISM_PARAM_INVALID for a peer value outside the group, and those of secretShape and secretFrom.
 */
export const dhDerive: Family<Uint8Array> = {
  cost: (_method, key) => (key !== undefined && dhAgreement.hasLongPrivateValue(key.value) ? "worker" : "inline"),
  requireKey(key) {
    if (key.objectClass !== ck.CKO_PRIVATE_KEY) throw ck.CkError.keyTypeInconsistent("the base key is a private key");
  },
  derive(baseKey, publicValue, { template }) {
    const secret = dhAgreement.agreeInPrimeField(baseKey!.value, publicValue);
    if (secret === undefined) throw ck.CkError.mechanismParamInvalid("the peer's public value is not in the group");
    return { key: secretFrom(secret, secretShape(template), "trailing") };
  },
};

export const rows: readonly MechanismRow[] = [
  row(ck.CKM_DH_PKCS_PARAMETER_GEN, {
    ...dhKeys,
    flags: ck.CKF_GENERATE,
    family: dhParameterGen,
    makesParameters: true,
  }),
  row(ck.CKM_DH_PKCS_KEY_PAIR_GEN, { ...dhKeys, flags: ck.CKF_GENERATE_KEY_PAIR, family: dhKeyPairGen }),
  row(ck.CKM_DH_PKCS_DERIVE, { ...dhKeys, flags: ck.CKF_DERIVE, family: dhDerive }),
];
