/** The one error of this project: a PKCS #11 return value with words. */
import {
  CKR_ACTION_PROHIBITED,
  CKR_ARGUMENTS_BAD,
  CKR_ATTRIBUTE_READ_ONLY,
  CKR_ATTRIBUTE_SENSITIVE,
  CKR_ATTRIBUTE_TYPE_INVALID,
  CKR_ATTRIBUTE_VALUE_INVALID,
  CKR_DATA_INVALID,
  CKR_DATA_LEN_RANGE,
  CKR_ENCRYPTED_DATA_INVALID,
  CKR_ENCRYPTED_DATA_LEN_RANGE,
  CKR_FUNCTION_CANCELED,
  CKR_GENERAL_ERROR,
  CKR_IBM_BLOB_ERROR,
  CKR_KEY_FUNCTION_NOT_PERMITTED,
  CKR_KEY_SIZE_RANGE,
  CKR_KEY_TYPE_INCONSISTENT,
  CKR_MECHANISM_INVALID,
  CKR_MECHANISM_PARAM_INVALID,
  CKR_SAVED_STATE_INVALID,
  CKR_SIGNATURE_INVALID,
  CKR_SIGNATURE_LEN_RANGE,
  CKR_TEMPLATE_INCOMPLETE,
  CKR_TEMPLATE_INCONSISTENT,
  CKR_WRAPPED_KEY_INVALID,
} from "./gen/ckr.ts";
import { ckaName, ckmName, ckrName } from "./names.ts";

/** Extra facts of a {@link CkError}. */
export interface CkErrorOptions {
  /** The same request may succeed later (rate limits, restarts); false for results of cryptography. */
  readonly retry?: boolean;
  /** What went wrong below; logged by the server, never sent. */
  readonly cause?: unknown;
}

/**
 * A failed EP11 call. `rv` is the CK_RV and `code` its name; `detail` is one sentence for a person and holds no secret.
 * `message` starts with the symbolic name of the CK_RV, which clients of GREP11 look for.
 */
export class CkError extends Error {
  override readonly name = "CkError";
  readonly rv: number;
  readonly detail: string;
  readonly retry: boolean;

  constructor(rv: number, detail = "", options: CkErrorOptions = {}) {
    super(
      detail === "" ? ckrName(rv) : `${ckrName(rv)}: ${detail}`,
      "cause" in options ? { cause: options.cause } : {},
    );
    this.rv = rv;
    this.detail = detail;
    this.retry = options.retry ?? false;
  }

  /** The symbolic name of the return value, such as CKR_SIGNATURE_INVALID. */
  get rvName(): string {
    return ckrName(this.rv);
  }

  /** As `rvName`, where programs look for it in errors of Node: `error.code === "CKR_SIGNATURE_INVALID"`. */
  get code(): string {
    return this.rvName;
  }

  /** What JSON.stringify writes, for logs: everything but the cause, which may be anything. */
  toJSON(): { name: string; code: string; message: string; rv: number; retry: boolean } {
    const { name, code, message, rv, retry } = this;
    return { name, code, message, rv, retry };
  }

  /** `error` itself if it is a CkError, else CKR_GENERAL_ERROR with `error` as its cause. */
  static from(error: unknown): CkError {
    if (error instanceof CkError) return error;
    return new CkError(CKR_GENERAL_ERROR, "internal error", { cause: error });
  }

  static argumentsBad(detail: string): CkError {
    return new CkError(CKR_ARGUMENTS_BAD, detail);
  }
  static mechanismInvalid(mechanism: number, detail: string): CkError {
    return new CkError(CKR_MECHANISM_INVALID, `${ckmName(mechanism)} ${detail}`);
  }
  static mechanismParamInvalid(detail: string): CkError {
    return new CkError(CKR_MECHANISM_PARAM_INVALID, detail);
  }
  static keyTypeInconsistent(detail: string): CkError {
    return new CkError(CKR_KEY_TYPE_INCONSISTENT, detail);
  }
  static keySizeRange(detail: string): CkError {
    return new CkError(CKR_KEY_SIZE_RANGE, detail);
  }
  /** The key lacks the usage attribute `attribute`. */
  static keyFunctionNotPermitted(attribute: number): CkError {
    return new CkError(CKR_KEY_FUNCTION_NOT_PERMITTED, `the key was made without ${ckaName(attribute)}`);
  }
  /** A control point of the policy is off. */
  static functionCanceled(detail: string): CkError {
    return new CkError(CKR_FUNCTION_CANCELED, detail);
  }
  static actionProhibited(detail: string): CkError {
    return new CkError(CKR_ACTION_PROHIBITED, detail);
  }
  static attributeReadOnly(attribute: number): CkError {
    return new CkError(CKR_ATTRIBUTE_READ_ONLY, `${ckaName(attribute)} cannot be set`);
  }
  static attributeSensitive(attribute: number): CkError {
    return new CkError(CKR_ATTRIBUTE_SENSITIVE, `${ckaName(attribute)} never leaves the HSM`);
  }
  static attributeTypeInvalid(attribute: number): CkError {
    return new CkError(CKR_ATTRIBUTE_TYPE_INVALID, `${ckaName(attribute)} is not an attribute of this object`);
  }
  static attributeValueInvalid(attribute: number, detail: string): CkError {
    return new CkError(CKR_ATTRIBUTE_VALUE_INVALID, `${ckaName(attribute)} ${detail}`);
  }
  static templateIncomplete(attribute: number): CkError {
    return new CkError(CKR_TEMPLATE_INCOMPLETE, `${ckaName(attribute)} is missing`);
  }
  static templateInconsistent(detail: string): CkError {
    return new CkError(CKR_TEMPLATE_INCONSISTENT, detail);
  }
  static dataInvalid(detail: string): CkError {
    return new CkError(CKR_DATA_INVALID, detail);
  }
  static dataLenRange(detail: string): CkError {
    return new CkError(CKR_DATA_LEN_RANGE, detail);
  }
  /** One wording for every way a decryption can fail after the key was used, so that the answer is no oracle. */
  static encryptedDataInvalid(): CkError {
    return new CkError(CKR_ENCRYPTED_DATA_INVALID);
  }
  static encryptedDataLenRange(detail: string): CkError {
    return new CkError(CKR_ENCRYPTED_DATA_LEN_RANGE, detail);
  }
  static signatureInvalid(): CkError {
    return new CkError(CKR_SIGNATURE_INVALID);
  }
  static signatureLenRange(expected: number): CkError {
    return new CkError(CKR_SIGNATURE_LEN_RANGE, `a signature of this key has ${expected} bytes`);
  }
  /** One wording for every way an unwrapped key can be malformed. */
  static wrappedKeyInvalid(detail?: string): CkError {
    return new CkError(CKR_WRAPPED_KEY_INVALID, detail);
  }
  /** One wording for every way a blob can fail to open. */
  static blobError(detail = "the blob is damaged or not a blob of this HSM"): CkError {
    return new CkError(CKR_IBM_BLOB_ERROR, detail);
  }
  static savedStateInvalid(detail = "the state is damaged, expired or belongs to another operation"): CkError {
    return new CkError(CKR_SAVED_STATE_INVALID, detail);
  }
}
