import { InvalidRow, MissingRow } from "../../RowError.ts"
import type { OneNode } from "../definition/model.ts"

/**
 * The error of a required to-one relation without a row. Undefined means that the relation was not loaded, unless its
 * options say otherwise.
 */
export const errorOf = (
  entity: string,
  node: OneNode,
  path: string,
  row: null | undefined
): InvalidRow | MissingRow | undefined => {
  const { optional, required } = node.relation!
  if (required) return new MissingRow({ path })
  if (optional || row === null) return undefined
  const name = path.slice(path.lastIndexOf(".") + 1)
  return new InvalidRow({
    entity,
    path,
    expected: "a related row, or null",
    actual: "undefined",
    remedy: `Load ${name} with the row. If undefined means that no row exists, return null, or relate it with { optional: true }.`
  })
}
