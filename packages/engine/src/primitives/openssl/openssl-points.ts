/**
 * Computes points of secret scalars with Node's own OpenSSL (openssl.ts). node:crypto takes 50 % longer, and keeps the secret
 * in an object until it is garbage-collected.
 */
import * as ck from "@grep11/cryptoki";
import { fromBigInt } from "@grep11/encoding";
import type { LibraryHandle } from "koffi";
import type { Curve } from "../ec/curves.ts";

export interface OpenSslPoints {
  /**
   * Returns the uncompressed point of a private value on a short Weierstrass curve; undefined unless the value has the right
   * length and is from 1 to the order - 1. Throws an Error for other curves.
   */
  publicPoint(curve: Curve, privateValue: Uint8Array): Uint8Array | undefined;
}

/** POINT_CONVERSION_UNCOMPRESSED (openssl/ec.h). */
const UNCOMPRESSED = 4;
/** BN_FLG_CONSTTIME (openssl/bn.h). */
const CONSTANT_TIME = 4;

/** `address` is the address of OpenSSL's EC_GROUP, which exists as long as the thread. */
interface Group {
  readonly address: bigint;
  readonly order: Uint8Array;
}

export function bindPoints(library: LibraryHandle): OpenSslPoints {
  const numberOf = library.func("int OBJ_sn2nid(const char *name)");
  const newGroup = library.func("void *EC_GROUP_new_by_curve_name(int number)");
  const newPoint = library.func("void *EC_POINT_new(void *group)");
  const freePoint = library.func("void EC_POINT_clear_free(void *point)");
  const multiply = library.func(
    "int EC_POINT_mul(void *group, void *result, void *scalar, void *unused, void *none, void *context)",
  );
  const write = library.func(
    "size_t EC_POINT_point2oct(void *group, void *point, int form, void *bytes, size_t length, void *context)",
  );
  const readNumber = library.func("void *BN_bin2bn(const void *bytes, int length, void *unused)");
  const setFlags = library.func("void BN_set_flags(void *number, int flags)");
  const freeNumber = library.func("void BN_clear_free(void *number)");
  const clearErrors = library.func("void ERR_clear_error(void)");

  const groups = new Map<Curve, Group>();

  function groupOf(curve: Curve): Group {
    const known = groups.get(curve);
    if (known !== undefined) return known;
    const address: bigint | null =
      ck.isWeierstrass(curve) && curve.opensslName !== undefined ? newGroup(numberOf(curve.opensslName)) : null;
    if (address === null) {
      clearErrors();
      throw new Error(`OpenSSL has no curve ${curve.name}`);
    }
    const group = { address, order: fromBigInt(curve.order, curve.orderBytes) };
    groups.set(curve, group);
    return group;
  }

  return {
    publicPoint(curve, privateValue) {
      const { address: group, order } = groupOf(curve);
      const inRange = privateValue.length === order.length && Buffer.compare(privateValue, order) < 0;
      if (!inRange || privateValue.every((byte) => byte === 0)) return undefined;
      const scalar: bigint | null = readNumber(privateValue, privateValue.length, null);
      const point: bigint | null = newPoint(group);
      try {
        const encoded = new Uint8Array(curve.publicBytes);
        if (scalar !== null) setFlags(scalar, CONSTANT_TIME);
        const computed = scalar !== null && point !== null && multiply(group, point, scalar, null, null, null) === 1;
        const length = computed ? write(group, point, UNCOMPRESSED, encoded, encoded.length, null) : 0;
        if (length === encoded.length) return encoded;
        clearErrors();
        throw new Error("EC_POINT_mul failed");
      } finally {
        freePoint(point);
        freeNumber(scalar);
      }
    },
  };
}
