/** A column of a table, with its type as `system.columns` shows it. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly comment: string
}

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>

/** A table or a view. */
export interface Table {
  readonly name: string
  readonly engine: string
  readonly comment: string
  readonly columns: ReadonlyArray<Column>
  /** The columns that the table is sorted by: rows that agree in them are one. */
  readonly sortedBy: ReadonlyArray<string>
  /** The rows that have been inserted, each as often as it was. */
  readonly rows: ReadonlyArray<Row>
}

/** A table while the server runs. */
export interface Stored extends Table {
  columns: ReadonlyArray<Column>
  readonly rows: Array<Row>
  readonly tokens: Set<string>
}

/** An exception of ClickHouse. */
export class Exception extends Error {
  readonly code: number
  constructor(code: number, text: string) {
    super(text)
    this.code = code
  }
}
