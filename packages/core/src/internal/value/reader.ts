import { absent } from "../base/codec.ts"
import { captured, type Captured } from "../base/fault.ts"
import { read } from "../definition/field.ts"
import type { Field, OneNode } from "../definition/model.ts"
import type { Reader, Reading } from "./model.ts"

/** Stands for a value that its schema refuses until the record is written, where its error gets its place. */
export class Invalid {
  readonly error: Captured
  /** The value to send instead, in the modes that send it. */
  readonly instead: unknown

  constructor(error: Captured, instead: unknown) {
    this.error = error
    this.instead = instead
  }
}

/** The reader of a node's rows that reports what is wrong. Generated code falls back to it (`generate.ts`). */
export const of =
  ({ entity: { fields }, keys }: OneNode, checked: boolean): Reader =>
  (row, computed, reading) =>
    Object.fromEntries(
      fields.map((field, index) => [keys[index]!, valueOf(field, row, computed[index], checked, reading)])
    )

const valueOf = (field: Field, row: any, computed: unknown, checked: boolean, reading: Reading): unknown => {
  if ("compute" in field.source) return encoded(field, computed, checked, reading)
  let raw: unknown
  try {
    raw = read(field.source, row)
  } catch (thrown) {
    return invalid(field, thrown, undefined, reading)
  }
  return encoded(field, raw, checked, reading)
}

/** The JSON of a field's value, `absent`, or an `Invalid`. */
export const encoded = (field: Field, raw: unknown, checked: boolean, reading: Reading): unknown => {
  const { codec } = field
  if (raw === absent) return absent
  if (!checked && codec.scalar) return raw === undefined && codec.optional ? absent : raw
  try {
    return codec.encode(raw)
  } catch (thrown) {
    return invalid(field, thrown, raw, reading)
  }
}

const invalid = ({ codec }: Field, thrown: unknown, raw: unknown, reading: Reading): Invalid => {
  reading.invalid = true
  return new Invalid(
    captured(codec.expected, thrown),
    reading.tolerance === undefined ? absent : reading.tolerance.instead(raw)
  )
}
