import { describe, expect, it } from "vitest";
import { nearest } from "./suggestion.ts";

describe("the nearest word", () => {
  it.each([
    ["encyrpt", "encrypt"],
    ["kye", "key"],
    ["prot", "port"],
    ["POLICI", "policy"],
    ["certifle", "certfile"],
    ["bananas", undefined],
    ["x", undefined],
    ["", undefined],
  ])("to %s is %s", (word, expected) => {
    const known = ["encrypt", "decrypt", "key", "port", "policy", "certfile", "keyfile"];
    expect(nearest(word, known)).toBe(expected);
  });
});
