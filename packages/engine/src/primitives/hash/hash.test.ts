import { createHash } from "node:crypto";
import * as ck from "@grep11/cryptoki";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cut, everyCut } from "../../../test/parts.ts";
import { describeVectors, hex } from "../../../test/vectors.ts";
import { type CryptoBackend, cryptoBackend, useCryptoBackend } from "../openssl/crypto-backend.ts";
import { hash, hashFinal, hashInit, hashUpdate, isHashState } from "./hash.ts";

const NAMES = Object.keys(ck.HASHES) as ck.HashName[];
const BACKENDS: readonly CryptoBackend[] = ["openssl", "portable"];
const MESSAGE = Uint8Array.from({ length: 400 }, (_, index) => (index * 7 + 1) & 0xff);

/** Returns the digest of the concatenated `parts`. The state is copied between all calls, as if it had been in a state blob. */
function inParts(name: ck.HashName, parts: readonly Uint8Array[]): Uint8Array {
  return hashFinal(parts.reduce((state, part) => hashUpdate(state.slice(), part), hashInit(name)).slice());
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useCryptoBackend(backend));
  afterAll(() => useCryptoBackend("openssl"));

  test("is the backend in use", () => {
    expect(cryptoBackend()).toBe(backend);
  });

  test.each(NAMES)("%s: every length around two blocks, every split, and byte by byte", (name) => {
    const { blockBytes } = ck.HASHES[name];
    for (const length of [
      0,
      1,
      blockBytes - 17,
      blockBytes - 9,
      blockBytes - 1,
      blockBytes,
      blockBytes + 1,
      2 * blockBytes,
    ]) {
      const data = MESSAGE.subarray(0, length);
      const expected = new Uint8Array(createHash(name).update(data).digest());
      expect(hash(name, data)).toEqual(expected);
      for (const parts of everyCut(data)) expect(inParts(name, parts)).toEqual(expected);
    }
  });

  test.each(NAMES)("%s: a state is used twice, and one part spans many blocks", (name) => {
    const large = Buffer.alloc(100_003, MESSAGE);
    const half = hashUpdate(hashInit(name), MESSAGE.subarray(0, 5));
    const kept = half.slice();
    const first = hashFinal(hashUpdate(half, large));
    expect(hashFinal(hashUpdate(half, large))).toEqual(first);
    expect(half).toEqual(kept);
    expect(first).toEqual(hash(name, Buffer.concat([MESSAGE.subarray(0, 5), large])));
  });

  describeVectors<{
    cases: readonly { name: string; hash: string; message: string; digest: string; parts?: number[] }[];
  }>("ep11/digest.json", ({ cases }) => {
    test.each(cases)("$name", ({ hash: label, message, digest, parts }) => {
      const name = hashNamed(label);
      const data = hex(message);
      expect(hash(name, data)).toEqual(hex(digest));
      expect(inParts(name, cut(data, parts ?? [data.length]))).toEqual(hex(digest));
    });
  });
});

/**
 * Returns the engine's name of a hash, for example "sha512-224" for "SHA-512/224" in the vector files; SHA-3 keeps its
 * hyphen.
 */
function hashNamed(label: string): ck.HashName {
  const name = label.toLowerCase().replace("/", "-");
  return (name.startsWith("sha3") ? name : name.replace("sha-", "sha")) as ck.HashName;
}

test("both backends and all versions read the same states", () => {
  const states: Record<string, string> = {};
  for (const backend of BACKENDS) {
    useCryptoBackend(backend);
    for (const name of NAMES) {
      const state = hashUpdate(hashInit(name), MESSAGE.subarray(0, 150));
      states[name] ??= Buffer.from(state).toString("hex");
      expect(Buffer.from(state).toString("hex")).toBe(states[name]);
    }
  }
  expect(states).toMatchInlineSnapshot(`
    {
      "sha1": "010100000000000000964782985c60e235ed2dfa28c11214b266bfda4c4481888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha224": "0102000000000000009619a60535574dbc12d5b81ef799749810a7b8c0d4cc2077311ce19e0029379cb181888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha256": "01030000000000000096902a848dfe9cb1a1e92d11d8fecc0cf6a094263af697a347c93ff7da712df86981888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha3-224": "01080000000000000096bb68e654dd959cb76cda8a152f77f7f75eb61daaf59dfb1e5b0576d47feb0aa28602804ff4c7b3d57f5ae61dea7723bcb213841feb4e7b029558edc9acde9de4f50807bd4dbb4dc282b354db12e9987fda03d3efb158cacb09ee2d4d5d8fb85febb0164e54f292425aef5187e93c160535d59468672a97a71843c84284ae0042c1ac2512d378831f3fa705627dfe0224dbc8641f21ae05c138c625d7c7bca73ddb80e335d55b1c9c7f0309943d0e372bb6d40149c244f4c3ea349d5b903d82823fb4b3d6e9282b93f1f8ff060d14",
      "sha3-256": "01090000000000000096d1c21a6017f24cc4bb7f584c3c7b28240444392eba7fb5db2c8cc5039b9194346b560f6c8c4a5c43de4602c59a2fb687ae4aba676f218e5270a8a2a6c2252168591522b38302fbf2bf54b130d4c9e56f971c922bbf0a4f622321d1a4e7472109ff77e11d3457b43a3ab7300aec4ebc0b2cd62ef7dd6a1035dd45fad266a1396134be78930943010a4f7575baf7cf8a6959913f931631d2f3cecdb93d55739d7d1698cb938c11c0e020547c73d58fd319b208003029e54aa9642441e2b45c2547198d109ed1098f47b9c0c7ced5dce3eaf1f8ff060d14",
      "sha3-384": "010a000000000000009698ae60d7cd9bef77032152c30bd1245aafc93b2e234c56266921c3ac2225c4834ffc08c63510e3014056bbd48d82d0c0c7a816631ec1ca1b39b171e3634af7d3759f7a61e7df27c7c3e198a6f5c44a230b6bad2403de4d7ac46fa8fd9c0631d934edea6bdcb5d710905338341389d3fe964d10d97b63c030ecc1fe1985fb6c588a79487ddb9a9b49bd84d2f930668fb3e419f6373ad53d55f7d5fffeaee1a2e53eb53cfbe47849107413bd40bfebdf0c87f7dcb454c246f56d00ed8f0c913abc4c8f70a763e36c46d9e0e7eef5fc030a11181f262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha3-512": "010b0000000000000096c43df400e9bb3f34bb273f32054a39a0de91bd12a1b8d470e680890db39ddc2a580e0e0452cdc3b72d77a36ae75aceafee0c985205133f72545ec8a01c7c44cea6a19b4307976a402a9c34bf16a3595d290d6f6ac0ded8019858e9d6681960cf6a4fbd7c4e04fe65f56f553e3a0e93d466a80a667390005830ae1bc1f93fc88b426c2956829b1afacc2e844cb7cd3cda06cb9e1a923687a24fda08d38fbd4e3ed2c9d2b729284c1f7be5b056f87d97741b398a33c7c8fea6cbb3050287ab0e23a549f622f70293aaf1f8ff060d14",
      "sha384": "010400000000000000965106f6d6cafddae9cd0b1b98a6da006b24ce89b81d6ece2f63274074371e2aa69817b10a96e77322559a9cdc211c7ac921294c8c1cf453f7a908d133287a46da81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha512": "01050000000000000096398f19e0410b0c07f88a179c5ec08b57270f31ecb3474db10af1072521a04aaabd3c7dd88fb55edd768eba10840ef270715d211f22a10c93c81f2cfcac71c22381888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha512-224": "01060000000000000096306cd9ac10507b45d1476e5201530a69679a54648d6dcef304f37d0686865d771b89595a325dfc57fa5dc4db407b078a22f99ce1e2b364b798a39df5bb4ff3fe81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
      "sha512-256": "010700000000000000963005843da0933db209be42092c601a47169627641db1734a5308d2af624ddad715994cbf990c00a5240ae0e7c511e3355aa5949143113b6b293a5f66310fcdb481888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
    }
  `);
});

test("malformed states are refused", () => {
  const state = hashUpdate(hashInit("sha256"), MESSAGE.subarray(0, 70));
  expect(isHashState(state, "sha256")).toBe(true);
  expect(isHashState(state, "sha224")).toBe(false);
  const damaged = [new Uint8Array(0), state.subarray(1), state.subarray(0, -1), new Uint8Array([...state, 0])];
  for (const [offset, value] of [
    [0, 2],
    [1, 0],
    [1, 12],
    [2, 0xff],
  ] as const)
    damaged.push(state.with(offset, value));
  for (const bytes of damaged) {
    expect(isHashState(bytes, "sha256")).toBe(false);
    expect(() => hashUpdate(bytes, MESSAGE)).toThrow();
    expect(() => hashFinal(bytes)).toThrow();
  }
});
