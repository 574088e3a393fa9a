import * as ck from "@grep11/cryptoki";
import { equalBytes } from "@grep11/encoding";
import { PQC_SETS, type PqcSet, pqcSetOfOid } from "../primitives/lattice/pqc-sets.ts";
import { bytesIn, numberIn, requirePresent } from "./template-values.ts";

/**
 * Returns the CKP_* of a parameter set; undefined for IBM's older schemes, whose sets have only an OBJECT IDENTIFIER.
 */
function numberOf({ algorithm, name }: PqcSet): number | undefined {
  return algorithm === "dilithium" ? undefined : ck.PARAMETER_SETS[name].number;
}

export function parameterSetAttributes(set: PqcSet): [number, ck.AttributeValue][] {
  const number = numberOf(set);
  if (number === undefined) return [[ck.CKA_IBM_PQC_PARAMS, set.oid]];
  return [
    [ck.CKA_IBM_PARAMETER_SET, number],
    [ck.CKA_PARAMETER_SET, number],
  ];
}

/**
 * Returns the parameter set whose OBJECT IDENTIFIER is CKA_IBM_PQC_PARAMS in the templates of a pair, or `otherwise` if neither
 * has it. Errors: CKR_IBM_PQC_PARAMS_NOT_SUPPORTED, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_VALUE_INVALID.
 */
export function namedSetIn(templates: readonly ck.Template[], otherwise: PqcSet): PqcSet {
  const asked = templates
    .map((template) => bytesIn(template, ck.CKA_IBM_PQC_PARAMS))
    .filter((oid) => oid !== undefined);
  const [first] = asked;
  if (first === undefined) return otherwise;
  requireAgreement(asked.every((oid) => equalBytes(oid, first)));
  const set = pqcSetOfOid(first);
  if (set?.algorithm === otherwise.algorithm) return set;
  throw new ck.CkError(
    ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED,
    "CKA_IBM_PQC_PARAMS names no parameter set of this mechanism",
  );
}

/**
 * Returns the parameter set whose CKP_* is CKA_PARAMETER_SET or CKA_IBM_PARAMETER_SET in the templates of a pair.
 * Errors: CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT, CKR_ATTRIBUTE_VALUE_INVALID, and `unsupported` for an
 * unknown number. The caller chooses `unsupported`, because IBM's mechanisms and the standard ones return different
 * errors.
 */
export function numberedSetIn(
  templates: readonly ck.Template[],
  algorithm: "ml-dsa" | "ml-kem" | "slh-dsa",
  unsupported: typeof ck.CKR_PARAMETER_SET_NOT_SUPPORTED | typeof ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED,
): PqcSet {
  const asked = [ck.CKA_PARAMETER_SET, ck.CKA_IBM_PARAMETER_SET]
    .flatMap((attribute) => templates.map((template) => numberIn(template, attribute)))
    .filter((number) => number !== undefined);
  const wanted = requirePresent(asked[0], ck.CKA_PARAMETER_SET);
  requireAgreement(asked.every((number) => number === wanted));
  const set = PQC_SETS.find((each) => each.algorithm === algorithm && numberOf(each) === wanted);
  if (set !== undefined) return set;
  throw new ck.CkError(unsupported, "this mechanism does not have the parameter set");
}

function requireAgreement(agree: boolean): void {
  if (!agree) throw ck.CkError.templateInconsistent("the templates name two parameter sets");
}
