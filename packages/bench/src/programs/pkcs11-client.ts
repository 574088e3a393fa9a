/**
 * A client of another HSM. It has one session, which p11-kit's client module forwards to the HSM, and makes one call at
 * a time.
 */
import { ecParams } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import { serveParent } from "../child.ts";
import { mechanismOf, openPkcs11, type Pkcs11Session } from "../pkcs11-module.ts";

/**
 * Maps the name of a workload to a function that generates its keys. That function returns another one, which makes one
 * call.
 */
const WORK: Readonly<Record<string, (session: Pkcs11Session) => () => void>> = {
  random: (session) => () => session.generateRandom(32),
  "aes-cbc"(session) {
    const key = session.generateKey(mechanismOf(ck.CKM_AES_KEY_GEN), secret(ck.CKA_ENCRYPT));
    const mechanism = mechanismOf(ck.CKM_AES_CBC, new Uint8Array(16));
    const plain = new Uint8Array(1024);
    return () => session.encrypt(mechanism, key, plain);
  },
  hmac(session) {
    const key = session.generateKey(mechanismOf(ck.CKM_GENERIC_SECRET_KEY_GEN), secret(ck.CKA_SIGN));
    return signing(session, key, ck.CKM_SHA256_HMAC, 1024);
  },
  "ecdsa-p256": (session) => signing(session, curvePair(session, "P-256"), ck.CKM_ECDSA, 32),
  "ecdsa-p256-sha256": (session) => signing(session, curvePair(session, "P-256"), ck.CKM_ECDSA_SHA256, 1024),
  "ecdsa-k1": (session) => signing(session, curvePair(session, "secp256k1"), ck.CKM_ECDSA, 32),
  ed25519(session) {
    const key = curvePair(session, "Ed25519", ck.CKM_EC_EDWARDS_KEY_PAIR_GEN);
    return signing(session, key, ck.CKM_EDDSA, 1024);
  },
  "rsa-2048"(session) {
    const key = session.generateKeyPair(
      mechanismOf(ck.CKM_RSA_PKCS_KEY_PAIR_GEN),
      [
        [ck.CKA_MODULUS_BITS, 2048],
        [ck.CKA_PUBLIC_EXPONENT, Uint8Array.of(1, 0, 1)],
      ],
      [[ck.CKA_SIGN, true]],
    );
    return signing(session, key, ck.CKM_SHA256_RSA_PKCS, 1024);
  },
  "ec-keypair": (session) => () => curvePair(session, "P-256"),
};

let session: Pkcs11Session | undefined;
let work: () => void = () => undefined;

const handlers = {
  open({ module, pin }: { module: string; pin: string }): void {
    session = openPkcs11(module, pin);
  },
  /** Generates the keys of a workload and makes one call. Returns whether the HSM supports the workload. */
  prepare(name: string): boolean {
    try {
      work = WORK[name]!(session!);
      work();
      return true;
    } catch {
      return false;
    }
  },
  /** Makes calls for `seconds` and returns how many milliseconds each one took. */
  run(seconds: number): readonly number[] {
    const times: number[] = [];
    const until = performance.now() + seconds * 1000;
    for (let now = performance.now(); now < until; ) {
      work();
      const ended = performance.now();
      times.push(ended - now);
      now = ended;
    }
    return times;
  },
};
export type Pkcs11ClientProgram = typeof handlers;
serveParent(handlers);

function secret(right: number) {
  return [
    [ck.CKA_VALUE_LEN, 32],
    [right, true],
  ] as const;
}

function curvePair(session: Pkcs11Session, curve: ck.CurveName, mechanism: number = ck.CKM_EC_KEY_PAIR_GEN): bigint {
  const publicKey = [[ck.CKA_EC_PARAMS, ecParams(curve)]] as const;
  return session.generateKeyPair(mechanismOf(mechanism), publicKey, [[ck.CKA_SIGN, true]]);
}

function signing(session: Pkcs11Session, key: bigint, number: number, length: number): () => void {
  const mechanism = mechanismOf(number);
  const data = new Uint8Array(length).fill(0x5a);
  return () => session.sign(mechanism, key, data);
}
