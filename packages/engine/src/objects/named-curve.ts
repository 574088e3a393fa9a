import * as ck from "@grep11/cryptoki";
import { DerReader, EncodingError } from "@grep11/encoding";
import { type Curve, curveOfName, curveOfOid } from "../primitives/ec/curves.ts";
import { bytesIn } from "./template-values.ts";

/** Returns the curve that CKA_EC_PARAMS names; undefined if it is absent. Errors: those of resolveCurve. */
export function curveIn(template: ck.Template): Curve | undefined {
  const parameters = bytesIn(template, ck.CKA_EC_PARAMS);
  return parameters && resolveCurve(parameters);
}

/**
 * Returns the curve of an OBJECT IDENTIFIER or PrintableString (DER), or of EP11's plain ASCII name.
 * Errors: CKR_CURVE_NOT_SUPPORTED, CKR_ATTRIBUTE_VALUE_INVALID.
 */
export function resolveCurve(parameters: Uint8Array): Curve {
  const curve = isPrintable(parameters)
    ? curveOfName(Buffer.from(parameters).toString("latin1"))
    : curveOfDer(parameters);
  if (curve === undefined) throw new ck.CkError(ck.CKR_CURVE_NOT_SUPPORTED, "CKA_EC_PARAMS names no known curve");
  return curve;
}

function isPrintable(parameters: Uint8Array): boolean {
  return parameters.length > 0 && parameters.every((byte) => byte >= 0x20 && byte < 0x7f);
}

function curveOfDer(parameters: Uint8Array): Curve | undefined {
  try {
    const reader = new DerReader(parameters);
    const curve = readCurve(reader);
    reader.end();
    return curve;
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    throw ck.CkError.attributeValueInvalid(ck.CKA_EC_PARAMS, "must be the DER of a curve's name");
  }
}

/** Curves given by their equation are refused: they may be weak on purpose (docs/reference/security.md#invalid-curves). */
function readCurve(reader: DerReader): Curve | undefined {
  if (reader.nextIsOid) return curveOfOid(reader.oid());
  if (!reader.nextIsSequence) return curveOfName(reader.printableString());
  reader.sequence();
  return undefined;
}
