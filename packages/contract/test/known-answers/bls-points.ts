/** Converts the compressed points of BLS12-381 in test vectors to EP11's uncompressed form. */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { ecSpki } from "../support/hsm.ts";

const { G1, G2 } = bls12_381;

/** Uncompresses a point. An invalid point is returned unchanged, because the HSM must refuse it. */
function uncompressed({ Point }: typeof G1 | typeof G2, compressed: Uint8Array): Uint8Array {
  try {
    return Point.fromBytes(compressed).toBytes(false);
  } catch {
    return compressed;
  }
}

/** Returns the SubjectPublicKeyInfo of a compressed public key. */
export function blsSpki(compressed: Uint8Array): Uint8Array {
  return ecSpki("BLS12-381", Uint8Array.of(4, ...uncompressed(G1, compressed)));
}

/** Uncompresses a signature. */
export function blsSignature(compressed: Uint8Array): Uint8Array {
  return uncompressed(G2, compressed);
}
