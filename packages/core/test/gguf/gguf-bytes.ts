// Builds GGUF bytes piece by piece, right or wrong, for tests.

export class GgufBytes {
  private readonly bytes: number[] = [];

  u8(value: number): this {
    this.bytes.push(value);
    return this;
  }

  u32(value: number): this {
    return this.write(4, (view) => view.setUint32(0, value, true));
  }

  i32(value: number): this {
    return this.write(4, (view) => view.setInt32(0, value, true));
  }

  f32(value: number): this {
    return this.write(4, (view) => view.setFloat32(0, value, true));
  }

  u64(value: bigint): this {
    return this.write(8, (view) => view.setBigUint64(0, value, true));
  }

  string(text: string): this {
    const utf8 = new TextEncoder().encode(text);
    this.u64(BigInt(utf8.length));
    this.bytes.push(...utf8);
    return this;
  }

  header(counts: { tensors: number; pairs: number }): this {
    return this.u32(0x46554747).u32(3).u64(BigInt(counts.tensors)).u64(BigInt(counts.pairs));
  }

  key(name: string, type: number): this {
    return this.string(name).u32(type);
  }

  array(type: number, length: number): this {
    return this.u32(type).u64(BigInt(length));
  }

  strings(values: readonly string[]): this {
    this.array(8, values.length);
    for (const value of values) this.string(value);
    return this;
  }

  i32s(values: readonly number[]): this {
    this.array(5, values.length);
    for (const value of values) this.i32(value);
    return this;
  }

  f32s(values: readonly number[]): this {
    this.array(6, values.length);
    for (const value of values) this.f32(value);
    return this;
  }

  tensor(name: string, dimensions: readonly bigint[], type: number, offset: bigint): this {
    this.string(name).u32(dimensions.length);
    for (const dimension of dimensions) this.u64(dimension);
    return this.u32(type).u64(offset);
  }

  align(to: number): this {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
    return this;
  }

  skip(count: number): this {
    for (let i = 0; i < count; i++) this.bytes.push(0);
    return this;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }

  private write(length: number, set: (view: DataView) => void): this {
    const buffer = new Uint8Array(length);
    set(new DataView(buffer.buffer));
    this.bytes.push(...buffer);
    return this;
  }
}
