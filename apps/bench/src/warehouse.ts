/** The question about warehouses: what does a sink cost, compared to the bare insert of the same rows? */
import { duckDB } from "./warehouse/duckdb.ts"
import { postgres } from "./warehouse/postgres.ts"
import type { Question } from "./Report.ts"

export const warehouse: Question = {
  name: "warehouse",
  measure: async () => [...(await duckDB()), ...(await postgres())]
}
