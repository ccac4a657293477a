/**
 * The thread in which `PlanModule.load` loads a module. Your code has no use for it.
 *
 * @module
 */
import * as internal from "./internal/load/worker.ts"

/** Loads the module that the thread was started for, and posts what it found. */
export const serve: () => Promise<void> = internal.serve
