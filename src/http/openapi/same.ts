/** What is read alike: `readonly` says nothing of what is sent. */
type Sent<T> = T extends readonly (infer Item)[]
  ? Item[]
  : { -readonly [Name in keyof T]: T[Name] extends readonly (infer Item)[] ? Sent<Item>[] : T[Name] };

/** True where the two take the same values and have the same names, the optional ones too; false otherwise. */
export type Same<One, Other> = [Sent<One>] extends [Sent<Other>]
  ? [Sent<Other>] extends [Sent<One>]
    ? [keyof One] extends [keyof Other]
      ? [keyof Other] extends [keyof One]
        ? true
        : false
      : false
    : false
  : false;

/** Compiles only where the types are the same. @example same<Same<v.InferOutput<typeof Schema>, Task>>() */
export function same<_Proof extends true>(): void {}
