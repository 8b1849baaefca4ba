/** An exact ratio of two whole numbers; `den` above 0. `0/1` stands for "not known". */
export type Fraction = { readonly num: number; readonly den: number };

/** The decimal number a person typed as an exact fraction in lowest terms: 29.97 is 2997/100. Six decimals count. */
export function fractionOf(decimal: number): Fraction {
  const den = 1_000_000;
  return reduce({ num: Math.round(decimal * den), den });
}

/** `fraction` in lowest terms; 0/1 for what is none (0/0, negative, infinite). */
export function reduce(fraction: Fraction): Fraction {
  const { num, den } = fraction;
  if (!(num > 0 && den > 0) || !Number.isSafeInteger(num) || !Number.isSafeInteger(den)) return { num: 0, den: 1 };
  const divisor = greatestDivisor(num, den);
  return { num: num / divisor, den: den / divisor };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
