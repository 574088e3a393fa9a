/**
 * Loads a PKCS #11 module (v2.40, 64-bit Linux) through koffi. Only the functions that the benchmark calls are
 * supported. Calls are synchronous. A call that does not return CKR_OK throws an Error with the name of the function
 * and the CK_RV.
 */
import koffi from "koffi";

/**
 * Attributes of a template, as pairs of the attribute's number (CKA_*) and its value. Booleans are encoded as CK_BBOOL,
 * numbers as CK_ULONG.
 */
type Pkcs11Template = readonly (readonly [type: number, value: boolean | number | Uint8Array])[];

/** One session with a module. */
export interface Pkcs11Session {
  generateRandom(length: number): void;
  generateKey(mechanism: Pkcs11Mechanism, template: Pkcs11Template): bigint;
  /** Generates a key pair and returns the handle of the private key. */
  generateKeyPair(mechanism: Pkcs11Mechanism, publicKey: Pkcs11Template, privateKey: Pkcs11Template): bigint;
  /** Calls C_EncryptInit and C_Encrypt. */
  encrypt(mechanism: Pkcs11Mechanism, key: bigint, plain: Uint8Array): void;
  /** Calls C_SignInit and C_Sign. */
  sign(mechanism: Pkcs11Mechanism, key: bigint, data: Uint8Array): void;
}

/**
 * A CK_MECHANISM made by `mechanismOf`. `bytes` contains a pointer to `parameter`, which is kept here so that it is not
 * garbage-collected.
 */
interface Pkcs11Mechanism {
  readonly bytes: Uint8Array;
  readonly parameter: Uint8Array | undefined;
}

/**
 * Maps each function to its index in CK_FUNCTION_LIST and the types of its arguments: u is CK_ULONG, p is a pointer.
 */
const FUNCTIONS = {
  C_Initialize: [0, "p"],
  C_GetSlotList: [4, "upp"],
  C_OpenSession: [12, "uuppp"],
  C_Login: [18, "uupu"],
  C_EncryptInit: [29, "upu"],
  C_Encrypt: [30, "upupp"],
  C_SignInit: [42, "upu"],
  C_Sign: [43, "upupp"],
  C_GenerateKey: [58, "uppup"],
  C_GenerateKeyPair: [59, "uppupupp"],
  C_GenerateRandom: [64, "upu"],
} as const satisfies Record<string, readonly [number, string]>;

type Pointer = Uint8Array | null | object;
type Module = { readonly [F in keyof typeof FUNCTIONS]: (...inputs: (number | bigint | Pointer)[]) => void };

const CKF_RW_SERIAL_SESSION = 0x06;
const CKU_USER = 1;
/** The offset in bytes of the first function in CK_FUNCTION_LIST. It follows CK_VERSION and its padding. */
const FIRST_FUNCTION_BYTES = 8;
const MAX_RESULT_BYTES = 4096;

/** Opens `library` and a session with its first token. */
export function openPkcs11(library: string, pin: string): Pkcs11Session {
  const module = loadModule(library);
  module.C_Initialize(null);
  const count = new BigUint64Array([8n]);
  const slots = new BigUint64Array(8);
  module.C_GetSlotList(1, slots, count);
  const handle = new BigUint64Array(1);
  module.C_OpenSession(slots[0]!, CKF_RW_SERIAL_SESSION, null, null, handle);
  const session = handle[0]!;
  const pinBytes = Buffer.from(pin);
  module.C_Login(session, CKU_USER, pinBytes, pinBytes.length);
  const result = Buffer.alloc(MAX_RESULT_BYTES);
  const length = new BigUint64Array(1);
  const resultLength = () => {
    length[0] = BigInt(MAX_RESULT_BYTES);
    return length;
  };
  return {
    generateRandom: (bytes) => module.C_GenerateRandom(session, result, bytes),
    generateKey(mechanism, template) {
      const key = new BigUint64Array(1);
      const attributes = templateBytes(template);
      module.C_GenerateKey(session, mechanism.bytes, attributes.bytes, template.length, key);
      return key[0]!;
    },
    generateKeyPair(mechanism, publicKey, privateKey) {
      const keys = [new BigUint64Array(1), new BigUint64Array(1)] as const;
      const [pub, priv] = [templateBytes(publicKey), templateBytes(privateKey)];
      const { bytes } = mechanism;
      module.C_GenerateKeyPair(
        ...[session, bytes, pub.bytes, publicKey.length, priv.bytes, privateKey.length, keys[0], keys[1]],
      );
      return keys[1][0]!;
    },
    encrypt(mechanism, key, plain) {
      module.C_EncryptInit(session, mechanism.bytes, key);
      module.C_Encrypt(session, plain, plain.length, result, resultLength());
    },
    sign(mechanism, key, data) {
      module.C_SignInit(session, mechanism.bytes, key);
      module.C_Sign(session, data, data.length, result, resultLength());
    },
  };
}

/** Returns the bytes of a CK_MECHANISM: {mechanism, parameter, parameter length}. */
export function mechanismOf(mechanism: number, parameter?: Uint8Array): Pkcs11Mechanism {
  const fixed = parameter && pinned(parameter);
  const words = BigUint64Array.of(BigInt(mechanism), addressOf(fixed), BigInt(fixed?.length ?? 0));
  return { bytes: new Uint8Array(words.buffer), parameter: fixed };
}

/**
 * Returns an array of CK_ATTRIBUTE {type, value, value length}. The values it points to must be kept as long as `bytes`
 * is used.
 */
function templateBytes(template: Pkcs11Template): {
  readonly bytes: Uint8Array;
  readonly values: readonly Uint8Array[];
} {
  const values = template.map(([, value]) => pinned(valueBytes(value)));
  const words = template.flatMap(([type], index) => {
    const value = values[index]!;
    return [BigInt(type), addressOf(value), BigInt(value.length)];
  });
  return { bytes: new Uint8Array(BigUint64Array.from(words).buffer), values };
}

function valueBytes(value: boolean | number | Uint8Array): Uint8Array {
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (typeof value === "number") return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
  return value;
}

/**
 * Returns a copy of `bytes` at an address that never changes. V8 keeps short arrays on its heap, where the garbage
 * collector moves them.
 */
function pinned(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.alloc(bytes.length);
  copy.set(bytes);
  return copy;
}

function addressOf(bytes: Uint8Array | undefined): bigint {
  return bytes === undefined ? 0n : koffi.address(bytes);
}

function loadModule(path: string): Module {
  const library = koffi.load(path);
  const found: (bigint | null)[] = [null];
  const rv = library.func("unsigned long C_GetFunctionList(_Out_ void **list)")(found);
  if (rv !== 0) throw new Error(`C_GetFunctionList returned ${rv}`);
  const functions = Object.entries(FUNCTIONS).map(([name, [position, inputs]]) => {
    const types = [...inputs].map((input) => (input === "u" ? "unsigned long" : "void *"));
    const prototype = koffi.proto(`unsigned long ${name}(${types.join(", ")})`);
    const pointer = koffi.decode(found[0], FIRST_FUNCTION_BYTES + 8 * position, "void *");
    const native = koffi.decode(pointer, prototype) as (...inputs: unknown[]) => number;
    return [
      name,
      (...inputs: unknown[]) => {
        const rv = native(...inputs);
        if (rv !== 0) throw new Error(`${name} returned 0x${rv.toString(16)}`);
      },
    ];
  });
  return Object.fromEntries(functions) as Module;
}
