/** What is asked of Node's `process`, any of which a browser, an edge runtime or a bundler's stand-in may lack. */
interface Process {
  readonly env?: { readonly [name: string]: string | undefined }
  readonly stdout?: { readonly isTTY?: boolean; readonly columns?: number }
}

/** Even a look can throw: Deno asks for permission, and some bundlers put a getter that complains. */
const look = <A>(f: (process: Process) => A, otherwise: A): A => {
  try {
    const { process } = globalThis as { readonly process?: Process }
    return process === undefined || process === null ? otherwise : f(process)
  } catch {
    return otherwise
  }
}

/** Whether to colour. Who says NO_COLOR is heard first (no-color.org: set, and not empty), then FORCE_COLOR. */
export const colors = (): boolean =>
  look(({ env = {}, stdout }) => {
    const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
    if (no !== undefined && no !== "") return false
    if (force !== undefined) return force !== "0" && force !== "false"
    return term !== "dumb" && stdout?.isTTY === true
  }, false)

/** The terminal's width. It is asked for every time: a window changes. A terminal that has none says 0. */
export const columns = (): number =>
  look(({ stdout }) => {
    const columns = stdout?.isTTY === true ? stdout.columns : undefined
    return columns !== undefined && columns > 0 ? columns : Number.POSITIVE_INFINITY
  }, Number.POSITIVE_INFINITY)
