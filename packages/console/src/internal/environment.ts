/** The part of Node's `process` that is used here. A browser, an edge runtime or a bundler's substitute may lack any of it. */
interface Process {
  readonly env?: { readonly [name: string]: string | undefined }
  readonly stdout?: { readonly isTTY?: boolean; readonly columns?: number }
}

/** Even reading it can throw: Deno asks for permission, and some bundlers install a getter that throws. */
const fromProcess = <A>(f: (process: Process) => A, otherwise: A): A => {
  try {
    const { process } = globalThis as { readonly process?: Process }
    return process === undefined || process === null ? otherwise : f(process)
  } catch {
    return otherwise
  }
}

/** Whether to use colours. NO_COLOR comes first (no-color.org: set, and not empty), then FORCE_COLOR. */
export const colors = (): boolean =>
  fromProcess(({ env = {}, stdout }) => {
    const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
    if (no !== undefined && no !== "") return false
    if (force !== undefined) return force !== "0" && force !== "false"
    return term !== "dumb" && stdout?.isTTY === true
  }, false)

/** The terminal's width. Read it every time, because windows change. A terminal without a width reports 0. */
export const columns = (): number =>
  fromProcess(({ stdout }) => {
    const columns = stdout?.isTTY === true ? stdout.columns : undefined
    return columns !== undefined && columns > 0 ? columns : Number.POSITIVE_INFINITY
  }, Number.POSITIVE_INFINITY)
