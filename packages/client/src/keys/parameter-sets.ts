/** Builds the attributes that select a parameter set of a post-quantum key (PKCS #11 v3.2, 6.67 to 6.69, ep11.h). */
import * as ck from "@grep11/cryptoki";
import { der } from "@grep11/encoding";
import { template } from "./template.ts";

/** Returns the attributes that select the parameter set `name` in the template of a public key. */
export function parameterSet(name: ck.ParameterSetName): ck.Template {
  const { algorithm, oid, number } = ck.PARAMETER_SETS[name];
  if (number === undefined) return template({ CKA_IBM_PQC_PARAMS: der.oid(oid) });
  return algorithm === "slh-dsa"
    ? template({ CKA_PARAMETER_SET: number })
    : template({ CKA_IBM_PARAMETER_SET: number });
}
