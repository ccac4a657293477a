/** How often a property runs. `RUNS=10` has each run ten times as often. */
export const runs = (usual: number): number => usual * Number(process.env["RUNS"] ?? 1)
