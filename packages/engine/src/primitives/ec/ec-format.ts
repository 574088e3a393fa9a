/**
 * DER of keys on curves (docs/reference/ep11.md#public-keys, docs/reference/ep11.md#private-keys). EP11 uses
 * id-ecPublicKey with a named curve and an ECPrivateKey (RFC 5480, RFC 5915) for all curves. Keys in the form of RFC
 * 8410 are parsed, but never written.
 */

import * as ck from "@grep11/cryptoki";
import { DerReader, der, EncodingError } from "@grep11/encoding";
import type { EcPrivateKey, EcPublicKey, KeyFormat, KeyReader } from "../keys/keys.ts";
import { type Curve, curveOfOid } from "./curves.ts";

export const EC_ALGORITHM: Uint8Array = der.oid("1.2.840.10045.2.1");

export const EC_FORMAT: KeyFormat<EcPublicKey, EcPrivateKey> = {
  readPublic(parameters, content) {
    const curve = readCurve(parameters);
    return { type: "ec", curve, point: requirePoint(curve, content) };
  },
  readPrivate(parameters, content) {
    const curve = readCurve(parameters);
    const inner = DerReader.sequence(content);
    if (inner.smallInteger() !== 1) throw new EncodingError("the ECPrivateKey has an unsupported version");
    const privateValue = requirePrivateValue(curve, inner.octetString());
    const named = inner.explicit(0);
    if (named !== undefined && readCurve(named) !== curve) {
      throw new EncodingError("ECPrivateKey names another curve than its algorithm");
    }
    const publicPart = inner.explicit(1);
    const point = publicPart && requirePoint(curve, publicPart.bitString());
    publicPart?.end();
    inner.end();
    return { type: "ec", curve, privateValue, point };
  },
  algorithm: ({ curve }) => [EC_ALGORITHM, curve.oid],
  publicContent: ({ point }) => point,
  privateContent({ privateValue, point }) {
    if (point === undefined) throw new EncodingError("an ECPrivateKey must include its public key");
    return der.sequence(der.smallInteger(1), der.octetString(privateValue), der.explicit(1, der.bitString(point)));
  },
};

/** Reads keys in the form of RFC 8410, where the curve's OBJECT IDENTIFIER is the algorithm. */
export function rfc8410(curve: Curve): KeyReader<EcPublicKey, EcPrivateKey> {
  return {
    readPublic(parameters, content) {
      parameters.end();
      return { type: "ec", curve, point: requirePoint(curve, content) };
    },
    readPrivate(parameters, content) {
      parameters.end();
      const inner = new DerReader(content);
      const privateValue = requirePrivateValue(curve, inner.octetString());
      inner.end();
      return { type: "ec", curve, privateValue, point: undefined };
    },
  };
}

/** Curves given by their equation are always refused. */
function readCurve(parameters: DerReader): Curve {
  const curve = curveOfOid(parameters.oid());
  if (curve === undefined) throw new EncodingError("the key is on an unsupported curve");
  parameters.end();
  return curve;
}

/** Restores the leading zeros of a scalar, which SEC 1 before version 2 omits. */
function requirePrivateValue(curve: Curve, value: Uint8Array): Uint8Array {
  const { privateBytes } = curve;
  if (value.length === privateBytes) return value;
  if (!ck.isWeierstrass(curve) || value.length === 0 || value.length > privateBytes) {
    throw new EncodingError(`a private value on ${curve.name} has ${privateBytes} bytes`);
  }
  const padded = new Uint8Array(privateBytes);
  padded.set(value, privateBytes - value.length);
  return padded;
}

/** Reports a point in a form of SEC 1 (2.3.3) that is not accepted. The message says how to convert it. */
export class PointFormError extends EncodingError {
  constructor(form: "compressed" | "hybrid") {
    super(
      `the key has a ${form} point; convert it to the uncompressed form, for example with \`openssl ec -conv_form uncompressed\``,
    );
  }
}

/** Throws EncodingError unless `point` has the length and form of a public key. It need not be on the curve. */
function requirePoint(curve: Curve, point: Uint8Array): Uint8Array {
  const raw = curve.family === "edwards" || curve.family === "montgomery";
  if (point.length === curve.publicBytes && (raw || point[0] === 4)) return point;
  if (ck.isWeierstrass(curve)) {
    const [first] = point;
    if (point.length === 1 + curve.fieldBytes && (first === 2 || first === 3)) throw new PointFormError("compressed");
    if (point.length === curve.publicBytes && (first === 6 || first === 7)) throw new PointFormError("hybrid");
  }
  throw new EncodingError(`a public key on ${curve.name} has ${curve.publicBytes} bytes`);
}
