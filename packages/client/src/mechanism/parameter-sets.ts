/** Parameter sets of post-quantum keys by name, as templates name them (PKCS #11 v3.2, 6.67 to 6.69, ep11.h). */
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { template } from "../keys/template.ts";

const ROUND_OIDS = {
  "dilithium-round2-65": "1.3.6.1.4.1.2.267.1.6.5",
  "dilithium-round2-87": "1.3.6.1.4.1.2.267.1.8.7",
  "dilithium-round3-44": "1.3.6.1.4.1.2.267.7.4.4",
  "dilithium-round3-65": "1.3.6.1.4.1.2.267.7.6.5",
  "dilithium-round3-87": "1.3.6.1.4.1.2.267.7.8.7",
  "kyber-768": "1.3.6.1.4.1.2.267.5.3.3",
  "kyber-1024": "1.3.6.1.4.1.2.267.5.4.4",
} as const;

const IBM_NUMBERS = {
  "ml-dsa-44": ck.CKP_IBM_ML_DSA_44,
  "ml-dsa-65": ck.CKP_IBM_ML_DSA_65,
  "ml-dsa-87": ck.CKP_IBM_ML_DSA_87,
  "ml-kem-512": ck.CKP_IBM_ML_KEM_512,
  "ml-kem-768": ck.CKP_IBM_ML_KEM_768,
  "ml-kem-1024": ck.CKP_IBM_ML_KEM_1024,
} as const;

const STANDARD_NUMBERS = {
  "slh-dsa-sha2-128s": ck.CKP_SLH_DSA_SHA2_128S,
  "slh-dsa-sha2-128f": ck.CKP_SLH_DSA_SHA2_128F,
  "slh-dsa-sha2-192s": ck.CKP_SLH_DSA_SHA2_192S,
  "slh-dsa-sha2-192f": ck.CKP_SLH_DSA_SHA2_192F,
  "slh-dsa-sha2-256s": ck.CKP_SLH_DSA_SHA2_256S,
  "slh-dsa-sha2-256f": ck.CKP_SLH_DSA_SHA2_256F,
  "slh-dsa-shake-128s": ck.CKP_SLH_DSA_SHAKE_128S,
  "slh-dsa-shake-128f": ck.CKP_SLH_DSA_SHAKE_128F,
  "slh-dsa-shake-192s": ck.CKP_SLH_DSA_SHAKE_192S,
  "slh-dsa-shake-192f": ck.CKP_SLH_DSA_SHAKE_192F,
  "slh-dsa-shake-256s": ck.CKP_SLH_DSA_SHAKE_256S,
  "slh-dsa-shake-256f": ck.CKP_SLH_DSA_SHAKE_256F,
} as const;

const SETS = {
  ...mapped(ROUND_OIDS, (dotted) => template({ CKA_IBM_PQC_PARAMS: der.oid(dotted) })),
  ...mapped(IBM_NUMBERS, (number) => template({ CKA_IBM_PARAMETER_SET: number })),
  ...mapped(STANDARD_NUMBERS, (number) => template({ CKA_PARAMETER_SET: number })),
};

/** A parameter set by its usual name. */
export type ParameterSetName = keyof typeof SETS;

/** The names {@link parameterSet} knows. */
export const parameterSetNames: readonly ParameterSetName[] = Object.keys(SETS) as ParameterSetName[];

/** The attributes that ask for `name` in the template of a public key. */
export function parameterSet(name: ParameterSetName): ck.Template {
  return SETS[name];
}

function mapped<K extends string, V>(
  values: Readonly<Record<K, V>>,
  templateOf: (value: V) => ck.Template,
): Record<K, ck.Template> {
  const entries = Object.entries(values) as [K, V][];
  return Object.fromEntries(entries.map(([name, value]) => [name, templateOf(value)])) as Record<K, ck.Template>;
}
