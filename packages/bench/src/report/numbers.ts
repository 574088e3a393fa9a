/** Formats numbers for tables. */

/** Formats a time in microseconds. */
export function us(microseconds: number): string {
  return `${significant(microseconds)} µs`;
}

/** Formats a time in milliseconds. */
export function ms(milliseconds: number): string {
  return `${significant(milliseconds)} ms`;
}

/** Formats a ratio. */
export function ratio(factor: number): string {
  return `× ${factor.toFixed(2)}`;
}

/** Formats a fraction (0 to 1) as a percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Formats a whole number with separators between thousands. */
export function count(number: number): string {
  return Math.round(number).toLocaleString("en");
}

/** Formats a number below 100 with three significant digits, and a larger number as a whole number. */
export function significant(number: number): string {
  if (number >= 100) return count(number);
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}
