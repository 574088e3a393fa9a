/** A test double of Ep11 that implements a few methods and records every call. */
import * as ck from "@grep11/cryptoki";
import type { Ep11Method } from "@grep11/proto";

/** A call that reached the test double. */
export interface SeenCall {
  readonly method: Ep11Method;
  readonly request: unknown;
  readonly options: ck.CallOptions | undefined;
}

/**
 * Creates a test double. Its random bytes are zeros, digestSingle returns the length of its data, and verifySingle always fails.
 * `overrides` replace or add methods.
 */
export function createDouble(overrides: Partial<ck.Ep11> = {}): { ep11: ck.Ep11; calls: SeenCall[] } {
  const calls: SeenCall[] = [];
  const answers: Partial<ck.Ep11> = {
    generateRandom: async ({ len }) => ({ rnd: new Uint8Array(len) }),
    digestSingle: async ({ data }) => ({ digest: Uint8Array.of(data.length & 0xff) }),
    verifySingle: async () => {
      throw new ck.CkError(ck.CKR_SIGNATURE_INVALID);
    },
    getMechanismList: async () => ({ mechs: [1, 0x80010023] }),
    ...overrides,
  };
  const ep11 = new Proxy({} as ck.Ep11, {
    get: (_, method: Ep11Method) => async (request: never, options?: ck.CallOptions) => {
      calls.push({ method, request, options });
      const answer = answers[method] as ((request: never, options?: ck.CallOptions) => unknown) | undefined;
      if (answer === undefined) throw new ck.CkError(ck.CKR_FUNCTION_NOT_SUPPORTED);
      return answer(request, options);
    },
  });
  return { ep11, calls };
}
