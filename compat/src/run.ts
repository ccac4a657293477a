import { execFile } from "node:child_process"

export interface Ended {
  readonly code: unknown
  /** Its output on both streams. */
  readonly printed: string
}

/** Runs a program to its end. */
export const run = (
  program: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }
): Promise<Ended> =>
  new Promise((resolve) =>
    execFile(
      program,
      args,
      { cwd: options.cwd, env: { ...process.env, ...options.env }, maxBuffer: 100_000_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), printed: stdout + stderr })
    )
  )
