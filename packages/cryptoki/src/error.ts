/** Defines the error class of this project, which is a PKCS #11 return value with a description. */
import * as ckr from "./gen/ckr.ts";
import { ckaName, ckmName, ckrName } from "./names.ts";

/** Optional properties of a {@link CkError}. */
export interface CkErrorOptions {
  /**
   * Whether the same request may succeed later, for example after a rate limit or a restart. False for results of cryptography.
   */
  readonly retry?: boolean;
  /** The underlying error; a server logs it and never sends it. */
  readonly cause?: unknown;
}

/**
 * A failed EP11 call. `rv` is the CK_RV, and `code` is its name. `detail` is a sentence for people to read, which never contains
 * a secret. `message` starts with the name of the CK_RV, because GREP11 clients search for it.
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

  /** The name of the return value, such as CKR_SIGNATURE_INVALID. */
  get rvName(): string {
    return ckrName(this.rv);
  }

  /** Returns the same as `rvName`. Errors of Node have a property of this name: `error.code === "CKR_SIGNATURE_INVALID"`. */
  get code(): string {
    return this.rvName;
  }

  /** Used by JSON.stringify and logs. Leaves out the cause, which may contain a secret. */
  toJSON(): { name: string; code: string; message: string; rv: number; retry: boolean } {
    const { name, code, message, rv, retry } = this;
    return { name, code, message, rv, retry };
  }

  /** Returns `error` itself if it is a CkError, else CKR_GENERAL_ERROR with `error` as its cause. */
  static from(error: unknown): CkError {
    if (error instanceof CkError) return error;
    return new CkError(ckr.CKR_GENERAL_ERROR, "internal error", { cause: error });
  }

  static argumentsBad(detail: string): CkError {
    return new CkError(ckr.CKR_ARGUMENTS_BAD, detail);
  }
  static mechanismInvalid(mechanism: number, detail: string): CkError {
    return new CkError(ckr.CKR_MECHANISM_INVALID, `${ckmName(mechanism)} ${detail}`);
  }
  static mechanismParamInvalid(detail: string): CkError {
    return new CkError(ckr.CKR_MECHANISM_PARAM_INVALID, detail);
  }
  static keyTypeInconsistent(detail: string): CkError {
    return new CkError(ckr.CKR_KEY_TYPE_INCONSISTENT, detail);
  }
  static keySizeRange(detail: string): CkError {
    return new CkError(ckr.CKR_KEY_SIZE_RANGE, detail);
  }
  /** Means that the usage attribute `attribute` of the key is not set. */
  static keyFunctionNotPermitted(attribute: number): CkError {
    return new CkError(ckr.CKR_KEY_FUNCTION_NOT_PERMITTED, `the key was made without ${ckaName(attribute)}`);
  }
  /** Means that a control point of the policy is off. */
  static functionCanceled(detail: string): CkError {
    return new CkError(ckr.CKR_FUNCTION_CANCELED, detail);
  }
  static actionProhibited(detail: string): CkError {
    return new CkError(ckr.CKR_ACTION_PROHIBITED, detail);
  }
  static attributeReadOnly(attribute: number): CkError {
    return new CkError(ckr.CKR_ATTRIBUTE_READ_ONLY, `${ckaName(attribute)} cannot be set`);
  }
  static attributeSensitive(attribute: number): CkError {
    return new CkError(ckr.CKR_ATTRIBUTE_SENSITIVE, `${ckaName(attribute)} never leaves the HSM`);
  }
  static attributeTypeInvalid(attribute: number): CkError {
    return new CkError(ckr.CKR_ATTRIBUTE_TYPE_INVALID, `${ckaName(attribute)} is not an attribute of this object`);
  }
  static attributeValueInvalid(attribute: number, detail: string): CkError {
    return new CkError(ckr.CKR_ATTRIBUTE_VALUE_INVALID, `${ckaName(attribute)} ${detail}`);
  }
  static templateIncomplete(attribute: number): CkError {
    return new CkError(ckr.CKR_TEMPLATE_INCOMPLETE, `${ckaName(attribute)} is missing`);
  }
  static templateInconsistent(detail: string): CkError {
    return new CkError(ckr.CKR_TEMPLATE_INCONSISTENT, detail);
  }
  static dataInvalid(detail: string): CkError {
    return new CkError(ckr.CKR_DATA_INVALID, detail);
  }
  static dataLenRange(detail: string): CkError {
    return new CkError(ckr.CKR_DATA_LEN_RANGE, detail);
  }
  /** Used for every failure of a decryption after the key was used, so that an attacker learns nothing from the response. */
  static encryptedDataInvalid(): CkError {
    return new CkError(ckr.CKR_ENCRYPTED_DATA_INVALID);
  }
  static encryptedDataLenRange(detail: string): CkError {
    return new CkError(ckr.CKR_ENCRYPTED_DATA_LEN_RANGE, detail);
  }
  static signatureInvalid(): CkError {
    return new CkError(ckr.CKR_SIGNATURE_INVALID);
  }
  static signatureLenRange(expected: number): CkError {
    return new CkError(ckr.CKR_SIGNATURE_LEN_RANGE, `a signature of this key has ${expected} bytes`);
  }
  /** Used for every fault of an unwrapped key, so that the response does not reveal which one it is. */
  static wrappedKeyInvalid(detail?: string): CkError {
    return new CkError(ckr.CKR_WRAPPED_KEY_INVALID, detail);
  }
  /** Used for every reason why a blob cannot be opened. */
  static blobError(detail = "the blob is damaged or not a blob of this HSM"): CkError {
    return new CkError(ckr.CKR_IBM_BLOB_ERROR, detail);
  }
  static savedStateInvalid(detail = "the state is damaged, expired or belongs to another operation"): CkError {
    return new CkError(ckr.CKR_SAVED_STATE_INVALID, detail);
  }
}
