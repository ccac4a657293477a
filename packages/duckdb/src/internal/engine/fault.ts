import { basename } from "node:path"
import { DuckDBError, type Holder } from "../../DuckDBError.ts"

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** DuckDB names the process on Linux and macOS as the first does, and on Windows as the second. */
const holders = [/held in (.+?) \(PID (\d+)\)/, /open in\s+(.+?) \(PID (\d+)\)/]

const holderIn = (text: string): Holder | undefined => {
  for (const pattern of holders) {
    const found = pattern.exec(text)
    if (found !== null) return { program: basename(found[1]!), pid: Number(found[2]) }
  }
  return undefined
}

const outOfMemory = "the memory limit does not suffice"

interface Known {
  readonly pattern: RegExp
  readonly reason: string
  readonly remedy: string
  readonly transient: boolean
}

/** What DuckDB's errors of files and memory mean. Its other errors can contain values of messages, so that only their kind is told. */
const known: ReadonlyArray<Known> = [
  {
    pattern: /not a valid DuckDB database file|Is a directory/,
    reason: "it is not a DuckDB database",
    remedy: "give the path of a DuckDB file, or of a file that does not exist",
    transient: false
  },
  {
    pattern: /Corrupt database file|Could not read enough bytes/,
    reason: "the file is damaged",
    remedy: "restore it from a backup, or move it away",
    transient: false
  },
  {
    pattern: /version number|serialized with|newer version of DuckDB/i,
    reason: "a newer version of DuckDB has written it",
    remedy: "update @trackmap/duckdb",
    transient: false
  },
  {
    pattern: /No such file or directory|database does not exist|path not found/i,
    reason: "the file or its folder does not exist",
    remedy: "create the folder, or correct the path",
    transient: false
  },
  {
    pattern: /Not a directory/i,
    reason: "a folder in this path is a file",
    remedy: "correct the path",
    transient: false
  },
  {
    pattern: /name too long/i,
    reason: "a name in this path is too long",
    remedy: "give it a shorter one",
    transient: false
  },
  {
    pattern:
      /Permission denied|Access is denied|Operation not permitted|Read-only file system|attached in read-only mode/i,
    reason: "this process may not write there",
    remedy: "let it write the file and its folder",
    transient: false
  },
  {
    pattern: /No space left|disk full|not enough space|Disk quota exceeded|File too large/i,
    reason: "the disk is full",
    remedy: "free some space",
    transient: true
  },
  {
    pattern: /Out of Memory|memory limit|(?:failed to|could not) (?:allocate|pin)/i,
    reason: outOfMemory,
    remedy: "raise memoryLimit",
    transient: true
  },
  {
    pattern: /different configuration than existing connections/,
    reason: "this process has it open with other options",
    remedy: "open it in one way, or in another process",
    transient: true
  }
]

/** The kind of an error, such as "Conversion Error". */
const kindOf = (text: string): string =>
  /^[A-Z]\w*(?: [A-Z]\w*)* (?:Error|exception)(?=:)/i.exec(text)?.[0] ?? "an error"

/** The kinds of errors whose texts can contain values. */
const ofValues = /^(?:Conversion|Constraint|Invalid Input|Out of Range|Binder|Parser) Error/

/** What DuckDB has thrown, as an error that says what to do. */
export const faultOf = (file: string, cause: unknown): DuckDBError => {
  if (cause instanceof DuckDBError) return cause
  const text = textOf(cause)
  if (text.startsWith("IO Error") && /Could not set lock|being used by another process|already open in/i.test(text)) {
    const holder = holderIn(text)
    const named = holder === undefined ? "another process" : `${holder.program} (process ${holder.pid})`
    const reason = `${named} has it open`
    const remedy = "close it there"
    return new DuckDBError({ file, reason, remedy, transient: true, ...(holder && { holder }) })
  }
  const found = ofValues.test(text) ? undefined : known.find(({ pattern }) => pattern.test(text))
  if (found !== undefined) {
    const { reason, remedy, transient } = found
    return new DuckDBError({ file, reason, remedy, transient })
  }
  const reason = `DuckDB fails (${kindOf(text)})`
  return new DuckDBError({
    file,
    reason,
    remedy: /^(?:IO|Permission) Error/.test(text)
      ? "check the path, its permissions and the disk"
      : "see whether another program has changed its tables",
    transient: true
  })
}

/** Whether another process has the file open. */
export const isLocked = (error: DuckDBError): boolean => error.reason.endsWith("has it open")

/** Whether an instance is of no more use after an error, and must be opened again. */
export const isFatal = (cause: unknown): boolean => /FATAL|INTERNAL|invalidated/i.test(textOf(cause))

/** Whether a batch was too much for the memory limit. */
export const isOutOfMemory = ({ reason }: { readonly reason: string }): boolean => reason === outOfMemory
