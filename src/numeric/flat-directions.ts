/** Directions in which a matrix of second derivatives says nothing. */
import { symmetricEigen } from "./eigen.js";
import { type Matrix, zeros } from "./matrix.js";

/**
 * Directions in which `information`, scaled by `scale` (its diagonal's natural size), is flat: for each the
 * parameters with a share in it. Empty when the information is positive definite for practical purposes.
 */
export function flatDirections(information: Matrix, scale: Float64Array, tolerance: number): number[][] {
  const all = [...scale.keys()];
  const isKnown = (i: number) => scale[i]! > 0 && Number.isFinite(information.data[i * information.cols + i]!);
  const known = all.filter(isKnown);
  const n = known.length;
  const scaled = zeros(n, n);
  known.forEach((i, a) => {
    known.forEach((j, b) => {
      scaled.data[a * n + b] = information.data[i * information.cols + j]! / Math.sqrt(scale[i]! * scale[j]!);
    });
  });
  const { values, vectors } = symmetricEigen(scaled);
  const flat = [...values.keys()].filter((m) => !(values[m]! > tolerance));
  return [
    ...all.filter((i) => !isKnown(i)).map((i) => [i]),
    ...flat.map((m) => {
      const share = (a: number) => Math.abs(vectors.data[a * n + m]!);
      const largest = Math.max(...known.map((_, a) => share(a)));
      return known.filter((_, a) => share(a) > 0.05 * largest);
    }),
  ];
}
