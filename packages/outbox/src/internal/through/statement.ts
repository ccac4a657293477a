import type { Statement } from "./model.ts"

/** A statement as each client accepts it: as text with placeholders, or as the parts of a template. */
export const statementOf = ({ params, sql }: { readonly params: Array<string>; readonly sql: string }): Statement => {
  const strings = sql.split(/\$\d+|\?/)
  return { sql, params, strings: Object.assign(strings, { raw: strings }) }
}

/** A statement without parameters. */
export const plain = (sql: string): Statement => statementOf({ sql, params: [] })
