/** A typed array that grows at its end, doubling when it is full. */
export class GrowingArray<A extends Int32Array | Float64Array> {
  private data: A;
  private length = 0;

  constructor(private readonly allocate: (length: number) => A) {
    this.data = allocate(1024);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = this.allocate(this.length * 2);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[this.length++] = value;
  }

  /** What was pushed, as an array of that length. */
  take(): A {
    return this.data.slice(0, this.length) as A;
  }
}

export const growingCodes = (): GrowingArray<Int32Array> => new GrowingArray((length) => new Int32Array(length));
export const growingValues = (): GrowingArray<Float64Array> => new GrowingArray((length) => new Float64Array(length));
