/** What to do next, by what the HSM said. */
import * as ck from "@grep11/cryptoki";
import { connectionAdvice } from "../connection/connection-advice.ts";
import type { Settings } from "../connection/settings.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-code.ts";

/** Advice by CKR_*, for every one that the engine, the server and the client can answer. */
export const HINTS: ReadonlyMap<number, string> = new Map([
  // The way to the HSM and the service itself.
  [
    ck.CKR_DEVICE_REMOVED,
    "Check --address (or GREP11_ADDRESS) and that the server runs; `grep11 doctor` looks closer.",
  ],
  [ck.CKR_IBM_REQ_TIMEOUT, "Give it more time with --timeout, or try again."],
  [
    ck.CKR_DEVICE_MEMORY,
    "The HSM is busy: too much work waits, in all or of yours. Try again in a moment, with fewer calls at once; key generation waits the longest. Who has had many decryptions or MACs fail waits for a minute.",
  ],
  [ck.CKR_DEVICE_ERROR, "The HSM failed at this call, not because of it. Try again; if it stays, its log says more."],
  [
    ck.CKR_GENERAL_ERROR,
    "A fault of the HSM or of this program: the log of the server has an `internal error` that is worth a report.",
  ],
  [
    ck.CKR_IBM_TRANSPORT_ERROR,
    "Something between here and the HSM breaks the protocol: a proxy that does not speak gRPC?",
  ],
  [
    ck.CKR_IBM_TRANSPORT_LIMIT,
    "The request is larger than the server allows (grep11.limits.maxDataMiB there), or the answer larger than this client takes: use smaller parts.",
  ],
  [
    ck.CKR_IBM_GREP11_CANNOT_UNMARSHAL,
    "The server cannot read the request: is it a GREP11 service of another generation? See `grep11 --version` here and grep11-server --version there.",
  ],
  [ck.CKR_IBM_GREP11_CANNOT_MARSHAL, "The server cannot write its answer, which is a fault of it: its log says more."],
  [ck.CKR_FUNCTION_NOT_SUPPORTED, "This service does not have the function: an older GREP11, or not one at all?"],
  [
    ck.CKR_IBM_GREP11_NOT_AUTHENTICATED,
    "Give an API key with --apikey-file or GREP11_APIKEY (and its IAM with --iam-endpoint), or a token with --token-file. If you did, it is wrong or has expired: get a new one.",
  ],
  [
    ck.CKR_FUNCTION_REJECTED,
    "The server knows who you are and does not let you do this: ask its operator for the right.",
  ],
  // Master keys and blobs.
  [
    ck.CKR_IBM_WK_NOT_INITIALIZED,
    "The HSM has no master key for this. Its operator loads and activates one with grep11-server keyring; rewrap needs a next one that is committed.",
  ],
  [
    ck.CKR_IBM_WKID_MISMATCH,
    "The key belongs to another master key; if that was changed, `grep11 rewrap` should have been run before.",
  ],
  [ck.CKR_IBM_BLOB_ERROR, "The key file is damaged, or the key was made by another HSM."],
  [
    ck.CKR_SAVED_STATE_INVALID,
    "The operation took too long, or its HSM got another master key meanwhile: start it again.",
  ],
  [ck.CKR_OPERATION_ACTIVE, "The operation has begun in parts and must end so."],
  // Mechanisms.
  [
    ck.CKR_MECHANISM_INVALID,
    "See `grep11 mech info` for what a mechanism does. Some take all data at once, at most 1 MiB here.",
  ],
  [
    ck.CKR_MECHANISM_PARAM_INVALID,
    "Parameters are written NAME:key=value, such as AES_CBC_PAD:iv=HEX; see `grep11 help mechanisms`.",
  ],
  [ck.CKR_FUNCTION_CANCELED, "The policy of the HSM forbids this: a control point is off."],
  [ck.CKR_FUNCTION_FAILED, "There is no such child in the tree of keys: take the next number of the path."],
  [ck.CKR_ARGUMENTS_BAD, "The request itself is wrong: an argument is missing, empty or too long."],
  // Keys.
  [
    ck.CKR_KEY_FUNCTION_NOT_PERMITTED,
    "Make the key with the right --usage, or change it with `grep11 key set` if it is modifiable.",
  ],
  [ck.CKR_ACTION_PROHIBITED, "The key or the caller's rights do not allow this."],
  [ck.CKR_KEY_UNEXTRACTABLE, "Only keys made with --extractable leave the HSM; that cannot be switched on later."],
  [ck.CKR_KEY_TYPE_INCONSISTENT, "The mechanism is for another type of key; see `grep11 key info`."],
  [ck.CKR_KEY_SIZE_RANGE, "See `grep11 mech info` for the key sizes of a mechanism."],
  [
    ck.CKR_KEY_HANDLE_INVALID,
    "A key is missing or empty: is the key file what you meant? See `grep11 key info --offline`.",
  ],
  [ck.CKR_KEY_INDIGESTIBLE, "Only extractable secret keys of 112 bits or more can be hashed."],
  [
    ck.CKR_PUBLIC_KEY_INVALID,
    "The public key is damaged or was not made by its standard: get it from its owner again.",
  ],
  [
    ck.CKR_CURVE_NOT_SUPPORTED,
    "The curve is not known, or not made for this mechanism; `grep11 key pair --help` lists types.",
  ],
  [
    ck.CKR_DOMAIN_PARAMS_INVALID,
    "The domain parameters are damaged or too weak: make them with key pair --params-out.",
  ],
  [
    ck.CKR_IBM_PQC_PARAMS_NOT_SUPPORTED,
    "The HSM does not have this parameter set; `grep11 key pair --help` lists them.",
  ],
  [
    ck.CKR_PARAMETER_SET_NOT_SUPPORTED,
    "The HSM does not have this parameter set; `grep11 key pair --help` lists them.",
  ],
  // Wrapping.
  [ck.CKR_WRAPPING_KEY_TYPE_INCONSISTENT, "The mechanism is for another type of key than the KEK."],
  [ck.CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, "The mechanism is for another type of key than the KEK."],
  [ck.CKR_WRAPPING_KEY_HANDLE_INVALID, "The KEK is missing or empty; see `grep11 key info --offline`."],
  [ck.CKR_UNWRAPPING_KEY_HANDLE_INVALID, "The KEK is missing or empty; see `grep11 key info --offline`."],
  [
    ck.CKR_WRAPPING_KEY_SIZE_RANGE,
    "The KEK is too short for this key: a KEK must be at least as strong as what it wraps.",
  ],
  [ck.CKR_KEY_NOT_WRAPPABLE, "Private keys need a KEK with AES_CBC_PAD; RSA wraps secret keys only."],
  [ck.CKR_WRAPPED_KEY_INVALID, "The wrapped key is damaged, not of this --type, or was wrapped under another KEK."],
  [ck.CKR_WRAPPED_KEY_LEN_RANGE, "The wrapped key is cut off, or was wrapped in another way."],
  // Data.
  [ck.CKR_ENCRYPTED_DATA_INVALID, "The data is damaged, or was encrypted with another key, mechanism or IV."],
  [ck.CKR_ENCRYPTED_DATA_LEN_RANGE, "The data is cut off, or was encrypted in another way."],
  [ck.CKR_DATA_INVALID, "The mechanism cannot take this data; some take a hash only: see `grep11 help mechanisms`."],
  [ck.CKR_DATA_LEN_RANGE, "The mechanism takes whole blocks or less data; AES_CBC_PAD takes any length."],
  [ck.CKR_SIGNATURE_INVALID, "The data, the signature, the key or the --mech is not the one of the signing."],
  [ck.CKR_SIGNATURE_LEN_RANGE, "The signature has a wrong length; is it DER? Then give --der."],
  // Attributes.
  [
    ck.CKR_TEMPLATE_INCOMPLETE,
    "Add the attribute with --attr; CKA_VALUE_LEN comes with the size of the type, as in --type aes:256.",
  ],
  [ck.CKR_TEMPLATE_INCONSISTENT, "Two attributes, or an attribute and the mechanism, contradict each other."],
  [ck.CKR_ATTRIBUTE_READ_ONLY, "The HSM sets this attribute itself; `grep11 key set --help` says what can change."],
  [
    ck.CKR_ATTRIBUTE_SENSITIVE,
    "The value of a key is no attribute that can be read; extractable keys leave by `grep11 key export`.",
  ],
  [ck.CKR_ATTRIBUTE_TYPE_INVALID, "Keys of this type do not have the attribute; see `grep11 key info`."],
  [ck.CKR_ATTRIBUTE_VALUE_INVALID, "The attribute cannot have this value: see --attr, --type and --usage."],
  [ck.CKR_IBM_SESSION_IMMUTABLE, "Leave CKA_IBM_LOGIN_SESSION out: keys of this HSM are bound to no login session."],
  [ck.CKR_PIN_LEN_RANGE, "A PIN has 8 to 16 bytes."],
]);

/** Advice for a person who got `error` with these settings. */
export function hintFor(error: ck.CkError, settings?: Settings): string {
  const known = connectionAdvice(error, settings) ?? HINTS.get(error.rv);
  if (known !== undefined) return known;
  if (error.retry) return "The service says that it may work later: try again.";
  const isFault = exitCodeOf(error) === EXIT_CODES.unexpected[0];
  return isFault
    ? "The log of the server says more."
    : `${error.rvName} is not an answer of grep11-server; PKCS #11 and the manual of this service say what it means.`;
}
