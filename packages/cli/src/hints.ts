/** What to do next, by what the HSM said. */
import * as ck from "@grep11/cryptoki";

const HINTS: ReadonlyMap<number, string> = new Map([
  [
    ck.CKR_DEVICE_REMOVED,
    "Check --address (or GREP11_ADDRESS) and that the server runs. A server without TLS is reached with http://HOST:PORT, one whose certificate is not public needs --ca-cert.",
  ],
  [ck.CKR_IBM_REQ_TIMEOUT, "Give it more time with --timeout, or try again."],
  [
    ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
    "Give an API key with --apikey-file or GREP11_APIKEY (and its IAM with --iam-endpoint), or a token with --token-file.",
  ],
  [
    ck.CKR_MECHANISM_INVALID,
    "See `grep11 mech info` for what a mechanism does. Some take all data at once, at most 1 MiB here.",
  ],
  [
    ck.CKR_MECHANISM_PARAM_INVALID,
    "Parameters are written NAME:key=value, such as AES_CBC_PAD:iv=HEX; see `grep11 help mechanisms`.",
  ],
  [
    ck.CKR_KEY_FUNCTION_NOT_PERMITTED,
    "Make the key with the right --usage, or change it with `grep11 key set` if it is modifiable.",
  ],
  [ck.CKR_KEY_UNEXTRACTABLE, "Only keys made with --extractable leave the HSM; that cannot be switched on later."],
  [ck.CKR_KEY_TYPE_INCONSISTENT, "The mechanism is for another type of key; see `grep11 key info`."],
  [ck.CKR_KEY_SIZE_RANGE, "See `grep11 mech info` for the key sizes of a mechanism."],
  [ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT, "The mechanism is for another type of key than the KEK."],
  [ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, "The mechanism is for another type of key than the KEK."],
  [ck.CKR_KEY_NOT_WRAPPABLE, "Private keys need a KEK with AES_CBC_PAD; RSA wraps secret keys only."],
  [ck.CKR_IBM_BLOB_ERROR, "The key file is damaged, or the key was made by another HSM."],
  [
    ck.CKR_IBM_WKID_MISMATCH,
    "The key belongs to another master key; if that was changed, `grep11 rewrap` should have been run before.",
  ],
  [ck.CKR_IBM_WK_NOT_INITIALIZED, "The HSM has no master key for this: the operator must load or commit one."],
  [ck.CKR_ENCRYPTED_DATA_INVALID, "The data is damaged, or was encrypted with another key, mechanism or IV."],
  [ck.CKR_ENCRYPTED_DATA_LEN_RANGE, "The data is cut off, or was encrypted in another way."],
  [ck.CKR_DATA_LEN_RANGE, "The mechanism takes whole blocks or less data; AES_CBC_PAD takes any length."],
  [ck.CKR_WRAPPED_KEY_INVALID, "The wrapped key is damaged, not of this --type, or was wrapped under another KEK."],
  [ck.CKR_FUNCTION_CANCELED, "The policy of the HSM forbids this: a control point is off."],
  [ck.CKR_ACTION_PROHIBITED, "The key or the caller's rights do not allow this."],
  [
    ck.CKR_TEMPLATE_INCOMPLETE,
    "Add the attribute with --attr; CKA_VALUE_LEN comes with the size of the type, as in --type aes:256.",
  ],
  [ck.CKR_TEMPLATE_INCONSISTENT, "Two attributes, or an attribute and the mechanism, contradict each other."],
  [ck.CKR_PIN_LEN_RANGE, "A PIN has 8 to 16 bytes."],
  [ck.CKR_SIGNATURE_LEN_RANGE, "The signature has a wrong length; is it DER? Then give --der."],
  [ck.CKR_IBM_TRANSPORT_LIMIT, "The request is larger than the server allows."],
]);

/** Advice for a person who got `rv`; undefined when its name says it all. */
export function hintFor(rv: number): string | undefined {
  return HINTS.get(rv);
}
