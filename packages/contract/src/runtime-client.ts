/**
 * A program that tests the client on any runtime that has Node's modules. Over HTTP/2 it calls the server whose address is its
 * first argument: sequentially, concurrently and in parts, and with one call that must fail. It prints its results as JSON. A
 * wrong response makes it end with an error.
 */
import { createGrep11Client, decryptParts, encryptParts, mechanism, template } from "@grep11/client";
import { createGrpcTransport } from "@grep11/client/node";
import * as ck from "@grep11/cryptoki";

/** The output of the program. */
export interface ClientOnRuntime {
  readonly mechanisms: number;
  readonly parallel: number;
  /** The return value (CKR_*) of the call that must fail. */
  readonly refusal: string;
}

const PARALLEL = 32;
const transport = createGrpcTransport({ address: process.argv[2]! });
const ep11 = createGrep11Client(transport);
const { mechs } = await ep11.getMechanismList({});
const { key } = await ep11.generateKey({
  mech: { mechanism: ck.CKM_AES_KEY_GEN },
  template: template({ CKA_VALUE_LEN: 32, CKA_ENCRYPT: true, CKA_DECRYPT: true }),
});
const mech = mechanism.aesCbcPad(new Uint8Array(16));

const messages = Array.from({ length: PARALLEL }, (_, index) => new Uint8Array(1000 * index).fill(index));
const returned = await Promise.all(
  messages.map(async (plain) => {
    const { ciphered } = await ep11.encryptSingle({ mech, key, plain });
    return (await ep11.decryptSingle({ mech, key, ciphered })).plain;
  }),
);
for (const [index, plain] of returned.entries()) requireEqual(plain, messages[index]!);

const long = new Uint8Array(1_000_000).fill(7);
const parts = Array.from({ length: 4 }, (_, index) => long.subarray(250_000 * index, 250_000 * (index + 1)));
requireEqual(await joined(decryptParts(ep11, { mech, key }, encryptParts(ep11, { mech, key }, parts))), long);

const refusal = await ep11.encryptSingle({ mech: { mechanism: 0x7777 }, key, plain: long }).then(
  () => "none",
  (error: unknown) => (error instanceof ck.CkError ? ck.ckrName(error.rv) : String(error)),
);
transport.close();
const found: ClientOnRuntime = { mechanisms: mechs.length, parallel: PARALLEL, refusal };
process.stdout.write(JSON.stringify(found));

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const bytes: number[][] = [];
  for await (const part of parts) bytes.push(Array.from(part));
  return Uint8Array.from(bytes.flat());
}

function requireEqual(found: Uint8Array, wanted: Uint8Array): void {
  if (found.length !== wanted.length || found.some((byte, index) => byte !== wanted[index])) {
    throw new Error(`the ${found.length} bytes received differ from the ${wanted.length} that were sent`);
  }
}
