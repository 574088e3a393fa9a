/** Provides one key of every kind for tests. Keys are generated on first use and then reused. */
import { randomBytes } from "node:crypto";
import { mechanism, template } from "@grep11/client";
import * as ck from "@grep11/cryptoki";
import * as sampleKeys from "./sample-keys.ts";

/** A sealed key pair. For a secret key, both members are the same key. */
export interface KeyPair {
  /** The key that decrypts, signs, unwraps and derives. */
  readonly privateKey: Uint8Array;
  /** The key that encrypts, verifies and wraps. */
  readonly publicKey: Uint8Array;
}

/** The fixtures of one Ep11. */
export class KeyFixtures {
  readonly #ep11: ck.Ep11;
  readonly #keys = new Map<sampleKeys.SampleKey, Promise<KeyPair>>();

  constructor(ep11: ck.Ep11) {
    this.#ep11 = ep11;
  }

  /** Returns the key of `kind`, which is always the same key. Errors: those of the call that generates it. */
  key(kind: sampleKeys.SampleKey): Promise<KeyPair> {
    let key = this.#keys.get(kind);
    if (key === undefined) {
      key = this.#make(sampleKeys.SAMPLE_KEYS[kind]);
      this.#keys.set(kind, key);
    }
    return key;
  }

  /** Returns a copy of `key` whose boolean `attribute` is false. The blob `key` itself is unchanged. */
  async without(key: Uint8Array, attribute: number): Promise<Uint8Array> {
    const changed = await this.#ep11.setAttributeValue({ object: key, attributes: new Map([[attribute, false]]) });
    return changed.object;
  }

  #make(kind: sampleKeys.SecretSample | sampleKeys.ImportedSample | sampleKeys.PairSample): Promise<KeyPair> {
    switch (kind.kind) {
      case "secret":
        return this.#generate(kind);
      case "imported":
        return this.#import(kind);
      case "pair":
        return this.#generatePair(kind);
    }
  }

  async #generate({ mech, template }: sampleKeys.SecretSample): Promise<KeyPair> {
    return samePair(ck.sealedBytes((await this.#ep11.generateKey({ mech, template })).key));
  }

  async #import({ keyType, bytes }: sampleKeys.ImportedSample): Promise<KeyPair> {
    const { publicKey: kek } = await this.key("AES-256");
    const mech = mechanism.aesCbcPad(new Uint8Array(16));
    const value = new Uint8Array(randomBytes(bytes));
    const { ciphered } = await this.#ep11.encryptSingle({ mech, key: kek, plain: value });
    const wanted = new Map([
      ...sampleKeys.ALL_RIGHTS,
      ...template({ CKA_CLASS: ck.CKO_SECRET_KEY, CKA_KEY_TYPE: keyType }),
    ]);
    return samePair(
      ck.sealedBytes((await this.#ep11.unwrapKey({ mech, kek, wrapped: ciphered, template: wanted })).unwrapped),
    );
  }

  async #generatePair({ mech, keyType, publicTemplate, privateTemplate }: sampleKeys.PairSample): Promise<KeyPair> {
    const pubKeyTemplate = keyType === ck.CKK_DH ? await this.#withDhParameters(publicTemplate) : publicTemplate;
    const pair = await this.#ep11.generateKeyPair({ mech, pubKeyTemplate, privKeyTemplate: privateTemplate });
    return { privateKey: ck.sealedBytes(pair.privKey), publicKey: ck.sealedBytes(pair.pubKey) };
  }

  async #withDhParameters(publicTemplate: ck.Template): Promise<ck.Template> {
    const requested = template({ CKA_PRIME_BITS: publicTemplate.get(ck.CKA_PRIME_BITS)! });
    const mech = { mechanism: ck.CKM_DH_PKCS_PARAMETER_GEN };
    const parameters = ck.sealedBytes((await this.#ep11.generateKey({ mech, template: requested })).key);
    return new Map([...publicTemplate, [ck.CKA_IBM_STRUCT_PARAMS, parameters]]);
  }
}

function samePair(key: Uint8Array): KeyPair {
  return { privateKey: key, publicKey: key };
}
