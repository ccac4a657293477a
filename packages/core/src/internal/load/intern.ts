import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"

/** By hash. Held weakly: a value that is no key of a batch or a cache any more needs no equal. */
const known = new Map<number, Array<WeakRef<object>>>()
let forgotten: FinalizationRegistry<number> | undefined

const forget = (hash: number): void => {
  const left = known.get(hash)?.filter((one) => one.deref() !== undefined) ?? []
  if (left.length > 0) known.set(hash, left)
  else known.delete(hash)
}

/** The same object for all values that are equal by Effect's `Equal`, so that a Map compares them as it does primitives. */
export const intern = (value: object): object => {
  const hash = Hash.hash(value)
  const alike = known.get(hash) ?? []
  for (const one of alike) {
    const other = one.deref()
    if (other !== undefined && Equal.equals(other, value)) return other
  }
  known.set(hash, [...alike, new WeakRef(value)])
  forgotten ??= new FinalizationRegistry(forget)
  forgotten.register(value, hash)
  return value
}
