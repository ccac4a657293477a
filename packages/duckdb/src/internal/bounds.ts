/** The bounds of an instance of DuckDB. */
export interface Bounds {
  readonly memoryLimit: string
  readonly threads: number
}
