/**
 * The kind of each attribute's value. PKCS #11 defines one type for each CKA_*, but GREP11 clients choose one of three types for
 * each value they send. Received values are converted to the kind defined here. Sources: PKCS #11 v3.2, 4; ep11.h.
 */
import * as cka from "./gen/cka.ts";

/** `boolean` is CK_BBOOL, `integer` is CK_ULONG, and `bytes` is a byte array, big integer, string or date. */
export type AttributeKind = "boolean" | "integer" | "bytes";

const BOOLEANS: ReadonlySet<number> = new Set([
  cka.CKA_TOKEN,
  cka.CKA_PRIVATE,
  cka.CKA_TRUSTED,
  cka.CKA_SENSITIVE,
  cka.CKA_ENCRYPT,
  cka.CKA_DECRYPT,
  cka.CKA_WRAP,
  cka.CKA_UNWRAP,
  cka.CKA_SIGN,
  cka.CKA_SIGN_RECOVER,
  cka.CKA_VERIFY,
  cka.CKA_VERIFY_RECOVER,
  cka.CKA_DERIVE,
  cka.CKA_EXTRACTABLE,
  cka.CKA_LOCAL,
  cka.CKA_NEVER_EXTRACTABLE,
  cka.CKA_ALWAYS_SENSITIVE,
  cka.CKA_MODIFIABLE,
  cka.CKA_COPYABLE,
  cka.CKA_DESTROYABLE,
  cka.CKA_WRAP_WITH_TRUSTED,
  cka.CKA_ALWAYS_AUTHENTICATE,
  cka.CKA_ENCAPSULATE,
  cka.CKA_DECAPSULATE,
  cka.CKA_IBM_RESTRICTABLE,
  cka.CKA_IBM_NEVER_MODIFIABLE,
  cka.CKA_IBM_RETAINKEY,
  cka.CKA_IBM_ATTRBOUND,
  cka.CKA_IBM_USE_AS_DATA,
  cka.CKA_IBM_PROTKEY_EXTRACTABLE,
  cka.CKA_IBM_PROTKEY_NEVER_EXTRACTABLE,
  cka.CKA_GREP11_KEYBLOB_HAS_ROTATION,
  cka.CKA_SECONDARY_AUTH,
  cka.CKA_OTP_USER_FRIENDLY_MODE,
  cka.CKA_RESET_ON_INIT,
  cka.CKA_HAS_RESET,
  cka.CKA_COLOR,
]);

const INTEGERS: ReadonlySet<number> = new Set([
  cka.CKA_CLASS,
  cka.CKA_KEY_TYPE,
  cka.CKA_MODULUS_BITS,
  cka.CKA_PRIME_BITS,
  cka.CKA_SUBPRIME_BITS,
  cka.CKA_VALUE_BITS,
  cka.CKA_VALUE_LEN,
  cka.CKA_KEY_GEN_MECHANISM,
  cka.CKA_PARAMETER_SET,
  cka.CKA_IBM_KEYTYPE,
  cka.CKA_IBM_STD_COMPLIANCE1,
  cka.CKA_IBM_PARAMETER_SET,
  cka.CKA_IBM_DILITHIUM_KEYFORM,
  cka.CKA_IBM_KYBER_KEYFORM,
  cka.CKA_CERTIFICATE_TYPE,
  cka.CKA_CERTIFICATE_CATEGORY,
  cka.CKA_JAVA_MIDP_SECURITY_DOMAIN,
  cka.CKA_NAME_HASH_ALGORITHM,
  cka.CKA_AUTH_PIN_FLAGS,
  cka.CKA_OTP_FORMAT,
  cka.CKA_OTP_LENGTH,
  cka.CKA_OTP_TIME_INTERVAL,
  cka.CKA_OTP_CHALLENGE_REQUIREMENT,
  cka.CKA_OTP_TIME_REQUIREMENT,
  cka.CKA_OTP_COUNTER_REQUIREMENT,
  cka.CKA_OTP_PIN_REQUIREMENT,
  cka.CKA_HW_FEATURE_TYPE,
  cka.CKA_PIXEL_X,
  cka.CKA_PIXEL_Y,
  cka.CKA_RESOLUTION,
  cka.CKA_CHAR_ROWS,
  cka.CKA_CHAR_COLUMNS,
  cka.CKA_BITS_PER_PIXEL,
  cka.CKA_MECHANISM_TYPE,
  cka.CKA_PROFILE_ID,
]);

/** Returns the kind of `attribute`'s value; `bytes` for unknown attributes, whose values may be of any kind. */
export function attributeKind(attribute: number): AttributeKind {
  if (BOOLEANS.has(attribute)) return "boolean";
  if (INTEGERS.has(attribute)) return "integer";
  return "bytes";
}
