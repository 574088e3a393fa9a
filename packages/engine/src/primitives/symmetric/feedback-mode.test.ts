import { createCipheriv } from "node:crypto";
import { concatenate } from "@grep11/encoding";
import { describe, expect, it } from "vitest";
import { type FeedbackMode, type FeedbackState, feedback } from "./feedback-mode.ts";

const key = Uint8Array.from({ length: 32 }, (_, at) => at);
const iv = Uint8Array.from({ length: 16 }, (_, at) => 200 + at);
const message = Uint8Array.from({ length: 83 }, (_, at) => (7 * at) % 256);
const start: FeedbackState = { register: iv, fed: new Uint8Array(0) };

describe.each<FeedbackMode>(["ofb", "cfb", "cfb8"])("%s", (mode) => {
  const ciphered = new Uint8Array(createCipheriv(`aes-256-${mode}`, key, iv).update(message));

  it("equals OpenSSL in one piece", () => {
    expect(feedback(mode, "encrypt", key, start, message).output).toEqual(ciphered);
    expect(feedback(mode, "decrypt", key, start, ciphered).output).toEqual(message);
  });

  it("equals OpenSSL in two and three pieces, wherever they are cut", () => {
    for (const direction of ["encrypt", "decrypt"] as const) {
      const [input, expected] = direction === "encrypt" ? [message, ciphered] : [ciphered, message];
      for (let first = 0; first <= input.length; first++) {
        for (const second of [first, first + 1, first + 15, first + 16, first + 17, input.length]) {
          const pieces = [input.subarray(0, first), input.subarray(first, second), input.subarray(second)];
          let state = start;
          const outputs = pieces.map((piece) => {
            const { output, next } = feedback(mode, direction, key, state, piece);
            state = next;
            return output;
          });
          expect(concatenate(...outputs)).toEqual(expected);
        }
      }
    }
  });
});
