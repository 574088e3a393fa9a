import type * as ck from "@grep11/cryptoki";
import { connectionAdvice } from "../connection/connection-advice.ts";
import type { Settings } from "../connection/settings.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-code.ts";

type CkrName = Extract<keyof typeof ck, `CKR_${string}`>;

/** Advice for every CKR_* that the engine, the server and the client can return. */
export const HINTS: Readonly<Partial<Record<CkrName, string>>> = {
  // Errors of the connection and the service.
  CKR_DEVICE_REMOVED:
    "Check --address (or GREP11_ADDRESS) and that the server is running; `grep11 doctor` checks more.",
  CKR_IBM_REQ_TIMEOUT: "Allow more time with --timeout, or try again.",
  CKR_DEVICE_MEMORY:
    "The HSM is busy: too many calls are waiting, in total or from you. Try again in a moment, with fewer concurrent calls; key generation waits longest. After too many failed decryptions or MACs, callers are blocked for a minute.",
  CKR_DEVICE_ERROR: "The HSM failed during this call, not because of it. Try again; if it persists, see its log.",
  CKR_GENERAL_ERROR:
    "A bug in the HSM or in this program: please report the `internal error` in the log of the server.",
  CKR_IBM_TRANSPORT_ERROR:
    "Something between this program and the HSM breaks the protocol, such as a proxy that does not support gRPC.",
  CKR_IBM_TRANSPORT_LIMIT:
    "The request is larger than the server allows (grep11.limits.maxDataMiB), or the response larger than this client allows: use smaller parts.",
  CKR_IBM_GREP11_CANNOT_UNMARSHAL:
    "The server cannot read the request: it may be a GREP11 service of another generation. Compare `grep11 --version` here with `grep11-server --version` there.",
  CKR_IBM_GREP11_CANNOT_MARSHAL: "The server cannot encode its response, which is a bug: see its log.",
  CKR_FUNCTION_NOT_SUPPORTED:
    "This service does not have the function: it may be an older version of GREP11, or another service.",
  CKR_IBM_GREP11_NOT_AUTHENTICATED:
    "Give an API key with --apikey-file or GREP11_APIKEY (and its IAM with --iam-endpoint), or a token with --token-file. If you did, it is wrong or has expired: get a new one.",
  CKR_FUNCTION_REJECTED:
    "You are authenticated, but not permitted to do this: ask the operator of the server for the right.",
  // Errors of master keys and blobs.
  CKR_IBM_WK_NOT_INITIALIZED:
    "The HSM has no master key for this. Its operator loads and activates one with grep11-server keyring; rewrap needs a committed next master key.",
  CKR_IBM_WKID_MISMATCH:
    "The key belongs to another master key; `grep11 rewrap` must be run before the master key is changed.",
  CKR_IBM_BLOB_ERROR: "The key file is damaged, or the key was made by another HSM.",
  CKR_SAVED_STATE_INVALID:
    "The operation took too long, or the master key of the HSM has changed meanwhile: start it again.",
  CKR_OPERATION_ACTIVE: "The operation was begun in parts and must be finished in parts.",
  // Errors of mechanisms.
  CKR_MECHANISM_INVALID:
    "See `grep11 mech info` for what a mechanism supports. Some take all data in one call, at most 1 MiB.",
  CKR_MECHANISM_PARAM_INVALID:
    "Parameters are written NAME:key=value, such as AES_CBC_PAD:iv=HEX; see `grep11 help mechanisms`.",
  CKR_FUNCTION_CANCELED: "The policy of the HSM forbids this: a control point is off.",
  CKR_FUNCTION_FAILED: "This child key does not exist: use the next index in the path.",
  CKR_ARGUMENTS_BAD: "The request itself is wrong: an argument is missing, empty or too long.",
  // Errors of keys.
  CKR_KEY_FUNCTION_NOT_PERMITTED:
    "Generate the key with the right --usage, or change it with `grep11 key set` if it is modifiable.",
  CKR_ACTION_PROHIBITED: "The key or the caller's rights do not allow this.",
  CKR_KEY_UNEXTRACTABLE: "Only keys made with --extractable can leave the HSM; that cannot be changed later.",
  CKR_KEY_TYPE_INCONSISTENT: "The mechanism is for another type of key; see `grep11 key info`.",
  CKR_KEY_SIZE_RANGE: "See `grep11 mech info` for the key sizes of a mechanism.",
  CKR_KEY_HANDLE_INVALID:
    "A key is missing or empty: check that it is the right key file. See `grep11 key info --offline`.",
  CKR_KEY_INDIGESTIBLE: "Only extractable secret keys of 112 bits or more can be hashed.",
  CKR_PUBLIC_KEY_INVALID: "The public key is damaged or does not conform to its standard: get it from its owner again.",
  CKR_CURVE_NOT_SUPPORTED:
    "The curve is unknown, or unsuitable for this mechanism; `grep11 key pair --help` lists types.",
  CKR_DOMAIN_PARAMS_INVALID: "The domain parameters are damaged or too weak: generate them with key pair --params-out.",
  CKR_IBM_PQC_PARAMS_NOT_SUPPORTED: "The HSM does not have this parameter set; `grep11 key pair --help` lists them.",
  CKR_PARAMETER_SET_NOT_SUPPORTED: "The HSM does not have this parameter set; `grep11 key pair --help` lists them.",
  // Errors of wrapping.
  CKR_WRAPPING_KEY_TYPE_INCONSISTENT: "The mechanism is for another type of KEK.",
  CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT: "The mechanism is for another type of KEK.",
  CKR_WRAPPING_KEY_HANDLE_INVALID: "The KEK is missing or empty; see `grep11 key info --offline`.",
  CKR_UNWRAPPING_KEY_HANDLE_INVALID: "The KEK is missing or empty; see `grep11 key info --offline`.",
  CKR_WRAPPING_KEY_SIZE_RANGE:
    "The KEK is too short for this key: a KEK must be at least as strong as the key it wraps.",
  CKR_KEY_NOT_WRAPPABLE: "Private keys need a KEK with AES_CBC_PAD; RSA wraps secret keys only.",
  CKR_WRAPPED_KEY_INVALID: "The wrapped key is damaged, not of this --type, or was wrapped under another KEK.",
  CKR_WRAPPED_KEY_LEN_RANGE: "The wrapped key is truncated, or was wrapped with another mechanism.",
  // Errors of data.
  CKR_ENCRYPTED_DATA_INVALID: "The data is damaged, or was encrypted with another key, mechanism or IV.",
  CKR_ENCRYPTED_DATA_LEN_RANGE: "The data is truncated, or was encrypted with another mechanism.",
  CKR_DATA_INVALID: "The mechanism cannot process this data; some take only a hash: see `grep11 help mechanisms`.",
  CKR_DATA_LEN_RANGE: "The mechanism requires whole blocks, or less data; AES_CBC_PAD takes any length.",
  CKR_SIGNATURE_INVALID: "The data, signature, key or --mech differs from that used for signing.",
  CKR_SIGNATURE_LEN_RANGE: "The signature has the wrong length; if it is DER, give --der.",
  // Errors of attributes.
  CKR_TEMPLATE_INCOMPLETE:
    "Add the attribute with --attr; the size of the type, as in --type aes:256, sets CKA_VALUE_LEN.",
  CKR_TEMPLATE_INCONSISTENT: "Two attributes, or an attribute and the mechanism, contradict each other.",
  CKR_ATTRIBUTE_READ_ONLY: "The HSM sets this attribute itself; `grep11 key set --help` lists what can change.",
  CKR_ATTRIBUTE_SENSITIVE:
    "The value of a key cannot be read as an attribute; `grep11 key export` exports extractable keys.",
  CKR_ATTRIBUTE_TYPE_INVALID: "Keys of this type do not have the attribute; see `grep11 key info`.",
  CKR_ATTRIBUTE_VALUE_INVALID: "The attribute cannot have this value: see --attr, --type and --usage.",
  CKR_IBM_SESSION_IMMUTABLE: "Omit CKA_IBM_LOGIN_SESSION: keys of this HSM are not bound to login sessions.",
  CKR_PIN_LEN_RANGE: "A PIN has 8 to 16 bytes.",
};

/** Returns advice for a user who got `error` with these settings. */
export function hintFor(error: ck.CkError, settings?: Settings): string {
  const known = connectionAdvice(error, settings) ?? HINTS[error.rvName as CkrName];
  if (known !== undefined) return known;
  if (error.retry) return "The service reports that the call may succeed later: try again.";
  const isFault = exitCodeOf(error) === EXIT_CODES.unexpected[0];
  return isFault
    ? "See the log of the server for details."
    : `grep11-server never returns ${error.rvName}; see PKCS #11 or the documentation of this service.`;
}
