/** Loads the operating system's libsecp256k1, if it is installed, to compare the engine's secp256k1 with it. */
import { randomBytes } from "node:crypto";
import koffi from "koffi";

/** File names under which Linux distributions install versions of the library. */
const LIBRARIES = [
  "libsecp256k1.so.6",
  "libsecp256k1.so.5",
  "libsecp256k1.so.2",
  "libsecp256k1.so.1",
  "libsecp256k1.so.0",
];
/** The bits SECP256K1_CONTEXT_SIGN and SECP256K1_CONTEXT_VERIFY of the library's header file. */
const CONTEXT_FLAGS = 0x0301;

/** Returns functions that sign and verify one digest, or undefined if the library is not installed. */
export function loadLibsecp256k1(): { sign: () => unknown; verify: () => unknown } | undefined {
  const library = LIBRARIES.map(open).find((candidate) => candidate !== undefined);
  if (library === undefined) return undefined;
  const context = library.func("void *secp256k1_context_create(unsigned int flags)")(CONTEXT_FLAGS);
  const createPublic = library.func("int secp256k1_ec_pubkey_create(void *context, void *public, const void *secret)");
  const signDigest = library.func(
    "int secp256k1_ecdsa_sign(void *context, void *signature, const void *digest, const void *secret, void *nonce, void *data)",
  );
  const verifyDigest = library.func(
    "int secp256k1_ecdsa_verify(void *context, const void *signature, const void *digest, const void *public)",
  );
  const secret = randomBytes(32);
  const digest = randomBytes(32);
  const publicKey = Buffer.alloc(64);
  const signature = Buffer.alloc(64);
  const sign = () => signDigest(context, signature, digest, secret, null, null);
  const verify = () => verifyDigest(context, signature, digest, publicKey);
  if (createPublic(context, publicKey, secret) !== 1 || sign() !== 1 || verify() !== 1) {
    throw new Error("libsecp256k1 does not behave as documented in its header");
  }
  return { sign, verify };
}

function open(name: string): ReturnType<typeof koffi.load> | undefined {
  try {
    return koffi.load(name);
  } catch {
    return undefined;
  }
}
