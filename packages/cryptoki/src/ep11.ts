/**
 * The central interface of this project. The engine implements it as a software HSM in this process, and the client as an HSM
 * reached over gRPC; all other code only uses it. There is one method for each RPC of grep11.Crypto, documented with the EP11
 * function (m_*) and the PKCS #11 function (C_*) that it corresponds to. The file is long because one interface has 40 methods,
 * each with a request and a response.
 * Besides the errors listed, every method may throw:
 * - CKR_IBM_BLOB_ERROR and CKR_IBM_WKID_MISMATCH for a blob that cannot be opened,
 * - CKR_FUNCTION_CANCELED if a control point is off,
 * - CKR_IBM_WK_NOT_INITIALIZED while no master key is loaded.
 */
import type { CallReport } from "./call-context.ts";
import type { KeyArgument, KeyBlob, Mechanism, MechanismInfo, Template } from "./types.ts";

/** Options of a call, such as its deadline and its caller. */
export interface CallOptions {
  /** Aborts the call. Work that has been queued but not started is dropped. */
  readonly signal?: AbortSignal;
  /** The deadline in milliseconds. Only implementations that call over a network use it. */
  readonly timeoutMs?: number;
  /** The authenticated name of the caller. The engine divides limited resources among callers by this name. */
  readonly principal?: string;
  /** The network address of a caller without a principal, which distinguishes such callers from one another. */
  readonly peer?: string;
  /** Headers (gRPC metadata) to send with the call. Only implementations that call over a network use them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Receives the mechanisms and keys that the call uses, as far as the implementation knows them. */
  readonly report?: CallReport | undefined;
}

// The fields that several requests and responses share.
interface State {
  readonly state: Uint8Array;
}
interface StateAndData {
  readonly state: Uint8Array;
  readonly data: Uint8Array;
}
interface DigestValue {
  readonly digest: Uint8Array;
}
interface StateAndPlain {
  readonly state: Uint8Array;
  readonly plain: Uint8Array;
}
interface StateAndCiphered {
  readonly state: Uint8Array;
  readonly ciphered: Uint8Array;
}
interface Ciphered {
  readonly ciphered: Uint8Array;
}
interface Plain {
  readonly plain: Uint8Array;
}
interface SignatureValue {
  readonly signature: Uint8Array;
}
interface MechanismAndKey {
  readonly mech: Mechanism;
  readonly key: KeyArgument;
}

export interface GenerateRandomRequest {
  readonly len: number;
}
export interface GenerateRandomResponse {
  readonly rnd: Uint8Array;
}
export interface DigestInitRequest {
  readonly mech: Mechanism;
}
export type DigestInitResponse = State;
export type DigestRequest = StateAndData;
export type DigestResponse = DigestValue;
export type DigestUpdateRequest = StateAndData;
export type DigestUpdateResponse = State;
export interface DigestKeyRequest {
  readonly state: Uint8Array;
  readonly key: KeyArgument;
}
export type DigestKeyResponse = State;
export type DigestFinalRequest = State;
export type DigestFinalResponse = DigestValue;
export interface DigestSingleRequest {
  readonly mech: Mechanism;
  readonly data: Uint8Array;
}
export type DigestSingleResponse = DigestValue;
export type EncryptInitRequest = MechanismAndKey;
export type EncryptInitResponse = State;
export type DecryptInitRequest = MechanismAndKey;
export type DecryptInitResponse = State;
export type EncryptUpdateRequest = StateAndPlain;
export type EncryptUpdateResponse = StateAndCiphered;
export type DecryptUpdateRequest = StateAndCiphered;
export type DecryptUpdateResponse = StateAndPlain;
export type EncryptRequest = StateAndPlain;
export type EncryptResponse = Ciphered;
export type DecryptRequest = StateAndCiphered;
export type DecryptResponse = Plain;
export type EncryptFinalRequest = State;
export type EncryptFinalResponse = Ciphered;
export type DecryptFinalRequest = State;
export type DecryptFinalResponse = Plain;
export interface EncryptSingleRequest {
  readonly mech: Mechanism;
  readonly plain: Uint8Array;
  readonly key: KeyArgument;
}
export type EncryptSingleResponse = Ciphered;
export interface DecryptSingleRequest {
  readonly mech: Mechanism;
  readonly ciphered: Uint8Array;
  readonly key: KeyArgument;
}
export type DecryptSingleResponse = Plain;
export interface SignInitRequest {
  readonly mech: Mechanism;
  readonly privKey: KeyArgument;
}
export type SignInitResponse = State;
export interface VerifyInitRequest {
  readonly mech: Mechanism;
  readonly pubKey: KeyArgument;
}
export type VerifyInitResponse = State;
export type SignUpdateRequest = StateAndData;
export type SignUpdateResponse = State;
export type VerifyUpdateRequest = StateAndData;
export type VerifyUpdateResponse = State;
export type SignFinalRequest = State;
export type SignFinalResponse = SignatureValue;
export interface VerifyFinalRequest {
  readonly state: Uint8Array;
  readonly signature: Uint8Array;
}
export type VerifyFinalResponse = Record<string, never>;
export type SignRequest = StateAndData;
export type SignResponse = SignatureValue;
export interface VerifyRequest {
  readonly state: Uint8Array;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}
export type VerifyResponse = Record<string, never>;
export interface SignSingleRequest {
  readonly mech: Mechanism;
  readonly data: Uint8Array;
  readonly privKey?: KeyArgument;
}
export type SignSingleResponse = SignatureValue;
export interface VerifySingleRequest {
  readonly mech: Mechanism;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
  readonly pubKey: KeyArgument;
}
export type VerifySingleResponse = Record<string, never>;
export interface ReencryptSingleRequest {
  readonly decMech: Mechanism;
  readonly encMech: Mechanism;
  readonly ciphered: Uint8Array;
  readonly decKey: KeyArgument;
  readonly encKey: KeyArgument;
}
export interface ReencryptSingleResponse {
  readonly reciphered: Uint8Array;
}
export interface GenerateKeyRequest {
  readonly mech: Mechanism;
  readonly template: Template;
}
export interface GenerateKeyResponse {
  readonly checkSum: Uint8Array;
  readonly key: KeyBlob;
}
export interface GenerateKeyPairRequest {
  readonly mech: Mechanism;
  readonly privKeyTemplate: Template;
  readonly pubKeyTemplate: Template;
}
export interface GenerateKeyPairResponse {
  readonly privKey: KeyBlob;
  readonly pubKey: KeyBlob;
}
export interface WrapKeyRequest {
  readonly mech: Mechanism;
  readonly key: KeyArgument;
  readonly kek: KeyArgument;
  readonly macKey?: KeyArgument;
}
export interface WrapKeyResponse {
  readonly wrapped: Uint8Array;
}
export interface UnwrapKeyRequest {
  readonly wrapped: Uint8Array;
  readonly mech: Mechanism;
  readonly template: Template;
  readonly kek?: KeyArgument;
  readonly macKey?: KeyArgument;
}
export interface UnwrapKeyResponse {
  readonly checkSum: Uint8Array;
  readonly unwrapped: KeyBlob;
}
export interface DeriveKeyRequest {
  readonly mech: Mechanism;
  readonly data?: Uint8Array;
  readonly template: Template;
  readonly baseKey?: KeyArgument;
}
export interface DeriveKeyResponse {
  readonly checkSum: Uint8Array;
  readonly newKey: KeyBlob;
}
export type GetMechanismListRequest = Record<string, never>;
export interface GetMechanismListResponse {
  readonly mechs: readonly number[];
}
export interface GetMechanismInfoRequest {
  readonly mech: number;
}
export interface GetMechanismInfoResponse {
  readonly mechInfo: MechanismInfo;
}
export interface GetAttributeValueRequest {
  readonly object: Uint8Array;
  readonly attributes: readonly number[];
}
export interface GetAttributeValueResponse {
  readonly attributes: Template;
}
export interface SetAttributeValueRequest {
  readonly object: Uint8Array;
  readonly attributes: Template;
}
export interface SetAttributeValueResponse {
  readonly object: Uint8Array;
}
export interface LoginRequest {
  readonly storeid: Uint8Array;
  readonly pin: Uint8Array;
}
export interface LoginResponse {
  readonly pinblob: Uint8Array;
}
export type LogoutRequest = Record<string, never>;
export type LogoutResponse = Record<string, never>;
export interface RewrapKeyBlobRequest {
  readonly wrappedKey: KeyArgument;
}
export interface RewrapKeyBlobResponse {
  readonly rewrappedKey: KeyBlob;
}

/** EP11 as 40 asynchronous methods; every failure is a CkError. */
export interface Ep11 {
  /** m_GenerateRandom / C_GenerateRandom: returns 1 to 1,000,000 random bytes. Errors: CKR_ARGUMENTS_BAD for other lengths. */
  generateRandom(request: GenerateRandomRequest, options?: CallOptions): Promise<GenerateRandomResponse>;
  /** m_DigestInit / C_DigestInit: starts a digest. Errors: CKR_MECHANISM_INVALID. */
  digestInit(request: DigestInitRequest, options?: CallOptions): Promise<DigestInitResponse>;
  /**
   * m_Digest / C_Digest: digests all data in one call; the state remains usable. Errors: CKR_ARGUMENTS_BAD for empty data,
   * CKR_SAVED_STATE_INVALID.
   */
  digest(request: DigestRequest, options?: CallOptions): Promise<DigestResponse>;
  /**
   * m_DigestUpdate / C_DigestUpdate: adds a part and returns the next state. Errors: CKR_ARGUMENTS_BAD for empty data,
   * CKR_SAVED_STATE_INVALID.
   */
  digestUpdate(request: DigestUpdateRequest, options?: CallOptions): Promise<DigestUpdateResponse>;
  /** m_DigestKey / C_DigestKey: adds the value of a secret key. Errors: CKR_KEY_INDIGESTIBLE, CKR_SAVED_STATE_INVALID. */
  digestKey(request: DigestKeyRequest, options?: CallOptions): Promise<DigestKeyResponse>;
  /** m_DigestFinal / C_DigestFinal: returns the digest of all parts. Errors: CKR_SAVED_STATE_INVALID. */
  digestFinal(request: DigestFinalRequest, options?: CallOptions): Promise<DigestFinalResponse>;
  /**
   * m_DigestSingle: computes a digest in one call, without a state. Errors: CKR_MECHANISM_INVALID, CKR_ARGUMENTS_BAD for empty
   * data.
   */
  digestSingle(request: DigestSingleRequest, options?: CallOptions): Promise<DigestSingleResponse>;
  /**
   * m_EncryptInit / C_EncryptInit: starts an encryption. Errors: CKR_MECHANISM_INVALID, CKR_KEY_TYPE_INCONSISTENT,
   * CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_PARAM_INVALID.
   */
  encryptInit(request: EncryptInitRequest, options?: CallOptions): Promise<EncryptInitResponse>;
  /** m_DecryptInit / C_DecryptInit: starts a decryption. Errors: as encryptInit. */
  decryptInit(request: DecryptInitRequest, options?: CallOptions): Promise<DecryptInitResponse>;
  /**
   * m_EncryptUpdate / C_EncryptUpdate: encrypts a part; an incomplete block is kept in the state. Errors: CKR_MECHANISM_INVALID
   * for single-part mechanisms, CKR_SAVED_STATE_INVALID.
   */
  encryptUpdate(request: EncryptUpdateRequest, options?: CallOptions): Promise<EncryptUpdateResponse>;
  /**
   * m_DecryptUpdate / C_DecryptUpdate: decrypts a part; with padding, the last block is kept in the state. Errors: as
   * encryptUpdate.
   */
  decryptUpdate(request: DecryptUpdateRequest, options?: CallOptions): Promise<DecryptUpdateResponse>;
  /**
   * m_Encrypt / C_Encrypt: encrypts all data in one call after encryptInit; the state remains usable. Errors: CKR_DATA_LEN_RANGE,
   * CKR_SAVED_STATE_INVALID.
   */
  encrypt(request: EncryptRequest, options?: CallOptions): Promise<EncryptResponse>;
  /**
   * m_Decrypt / C_Decrypt: decrypts all data in one call after decryptInit. Errors: CKR_ENCRYPTED_DATA_INVALID,
   * CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_SAVED_STATE_INVALID.
   */
  decrypt(request: DecryptRequest, options?: CallOptions): Promise<DecryptResponse>;
  /**
   * m_EncryptFinal / C_EncryptFinal: returns the ciphertext of the data that is left in the state. Errors: CKR_DATA_LEN_RANGE,
   * CKR_SAVED_STATE_INVALID.
   */
  encryptFinal(request: EncryptFinalRequest, options?: CallOptions): Promise<EncryptFinalResponse>;
  /**
   * m_DecryptFinal / C_DecryptFinal: returns the plaintext of the data that is left in the state. Errors:
   * CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_SAVED_STATE_INVALID.
   */
  decryptFinal(request: DecryptFinalRequest, options?: CallOptions): Promise<DecryptFinalResponse>;
  /** m_EncryptSingle: encrypts in one call, without a state. Errors: as encryptInit and encrypt. */
  encryptSingle(request: EncryptSingleRequest, options?: CallOptions): Promise<EncryptSingleResponse>;
  /** m_DecryptSingle: decrypts in one call, without a state. Errors: as decryptInit and decrypt. */
  decryptSingle(request: DecryptSingleRequest, options?: CallOptions): Promise<DecryptSingleResponse>;
  /**
   * m_SignInit / C_SignInit: starts a signature or MAC. Errors: CKR_MECHANISM_INVALID, CKR_KEY_TYPE_INCONSISTENT,
   * CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_PARAM_INVALID.
   */
  signInit(request: SignInitRequest, options?: CallOptions): Promise<SignInitResponse>;
  /** m_VerifyInit / C_VerifyInit: starts a verification. For a MAC, pubKey is the secret key. Errors: as signInit. */
  verifyInit(request: VerifyInitRequest, options?: CallOptions): Promise<VerifyInitResponse>;
  /**
   * m_SignUpdate / C_SignUpdate: adds a part. Errors: CKR_MECHANISM_INVALID for single-part mechanisms, CKR_SAVED_STATE_INVALID.
   */
  signUpdate(request: SignUpdateRequest, options?: CallOptions): Promise<SignUpdateResponse>;
  /** m_VerifyUpdate / C_VerifyUpdate: adds a part. Errors: as signUpdate. */
  verifyUpdate(request: VerifyUpdateRequest, options?: CallOptions): Promise<VerifyUpdateResponse>;
  /** m_SignFinal / C_SignFinal: returns the signature over all parts. Errors: CKR_SAVED_STATE_INVALID. */
  signFinal(request: SignFinalRequest, options?: CallOptions): Promise<SignFinalResponse>;
  /**
   * m_VerifyFinal / C_VerifyFinal: verifies a signature over all parts. Errors: CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE,
   * CKR_SAVED_STATE_INVALID.
   */
  verifyFinal(request: VerifyFinalRequest, options?: CallOptions): Promise<VerifyFinalResponse>;
  /** m_Sign / C_Sign: signs all data in one call after signInit. Errors: CKR_DATA_LEN_RANGE, CKR_SAVED_STATE_INVALID. */
  sign(request: SignRequest, options?: CallOptions): Promise<SignResponse>;
  /**
   * m_Verify / C_Verify: verifies a signature in one call after verifyInit. Errors: CKR_SIGNATURE_INVALID,
   * CKR_SIGNATURE_LEN_RANGE, CKR_SAVED_STATE_INVALID.
   */
  verify(request: VerifyRequest, options?: CallOptions): Promise<VerifyResponse>;
  /** m_SignSingle: signs in one call, without a state. Errors: as signInit and sign. */
  signSingle(request: SignSingleRequest, options?: CallOptions): Promise<SignSingleResponse>;
  /** m_VerifySingle: verifies in one call, without a state. Errors: as verifyInit and verify. */
  verifySingle(request: VerifySingleRequest, options?: CallOptions): Promise<VerifySingleResponse>;
  /**
   * m_ReencryptSingle: decrypts with one key and encrypts with another; the plaintext never leaves the HSM. Errors: as
   * decryptSingle and encryptSingle.
   */
  reencryptSingle(request: ReencryptSingleRequest, options?: CallOptions): Promise<ReencryptSingleResponse>;
  /**
   * m_GenerateKey / C_GenerateKey: generates a secret key, or DSA or DH domain parameters as unencrypted DER. Errors:
   * CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT, CKR_KEY_SIZE_RANGE, CKR_ATTRIBUTE_READ_ONLY.
   */
  generateKey(request: GenerateKeyRequest, options?: CallOptions): Promise<GenerateKeyResponse>;
  /**
   * m_GenerateKeyPair / C_GenerateKeyPair: returns a private key blob and a public key, which is a SubjectPublicKeyInfo with a
   * MAC. Errors: as generateKey, CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID.
   */
  generateKeyPair(request: GenerateKeyPairRequest, options?: CallOptions): Promise<GenerateKeyPairResponse>;
  /**
   * m_WrapKey / C_WrapKey: encrypts a key under a KEK. Errors: CKR_KEY_UNEXTRACTABLE, CKR_KEY_NOT_WRAPPABLE,
   * CKR_WRAPPING_KEY_TYPE_INCONSISTENT.
   */
  wrapKey(request: WrapKeyRequest, options?: CallOptions): Promise<WrapKeyResponse>;
  /**
   * m_UnwrapKey / C_UnwrapKey: imports a wrapped key with the rights that the template lists. Errors: CKR_WRAPPED_KEY_INVALID,
   * CKR_WRAPPED_KEY_LEN_RANGE, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT.
   */
  unwrapKey(request: UnwrapKeyRequest, options?: CallOptions): Promise<UnwrapKeyResponse>;
  /**
   * m_DeriveKey / C_DeriveKey: derives a new key from a base key. Errors: CKR_MECHANISM_PARAM_INVALID, CKR_KEY_SIZE_RANGE,
   * CKR_TEMPLATE_INCOMPLETE.
   */
  deriveKey(request: DeriveKeyRequest, options?: CallOptions): Promise<DeriveKeyResponse>;
  /** m_GetMechanismList / C_GetMechanismList: lists the mechanisms that the policy allows. CKM_RSA_PKCS is the first of them. */
  getMechanismList(request: GetMechanismListRequest, options?: CallOptions): Promise<GetMechanismListResponse>;
  /** m_GetMechanismInfo / C_GetMechanismInfo: returns key sizes and flags of one mechanism. Errors: CKR_MECHANISM_INVALID. */
  getMechanismInfo(request: GetMechanismInfoRequest, options?: CallOptions): Promise<GetMechanismInfoResponse>;
  /**
   * m_GetAttributeValue / C_GetAttributeValue: reads attributes of a blob; if one of them cannot be read, the call fails. Errors:
   * CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID.
   */
  getAttributeValue(request: GetAttributeValueRequest, options?: CallOptions): Promise<GetAttributeValueResponse>;
  /**
   * m_SetAttributeValue / C_SetAttributeValue: returns a new blob with changed booleans; the old blob remains valid. Errors:
   * CKR_ACTION_PROHIBITED, CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_TYPE_INVALID.
   */
  setAttributeValue(request: SetAttributeValueRequest, options?: CallOptions): Promise<SetAttributeValueResponse>;
  /**
   * m_Login: converts a PIN of 8 to 16 bytes to a PIN blob of 80 bytes, which is the same on every replica. Errors:
   * CKR_PIN_LEN_RANGE.
   */
  login(request: LoginRequest, options?: CallOptions): Promise<LoginResponse>;
  /** m_Logout: ends a login session. */
  logout(request: LogoutRequest, options?: CallOptions): Promise<LogoutResponse>;
  /**
   * GREP11 RewrapKeyBlob: seals a key again, under the committed next master key. Errors: CKR_IBM_WK_NOT_INITIALIZED,
   * CKR_IBM_WKID_MISMATCH.
   */
  rewrapKeyBlob(request: RewrapKeyBlobRequest, options?: CallOptions): Promise<RewrapKeyBlobResponse>;
}
