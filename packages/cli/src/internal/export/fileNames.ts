/** Names of files for the names of events, which can have any letters. */
import { createHash } from "node:crypto"

/** Names that Windows has for devices. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

const plain = (name: string): string => {
  const text = name.replaceAll(/[^\p{L}\p{N}_-]+/gu, "-").replaceAll(/^-+|-+$/g, "")
  return devices.test(text) || text === "" ? `_${text}` : text.slice(0, 100)
}

const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 8)

/** A name for each. Names that would be one file, on a disk that ignores case, or that lose letters, end with a hash. */
export const fileNames = (names: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const same = Map.groupBy(names, (name) => plain(name).normalize("NFC").toLowerCase())
  return new Map(
    names.map((name) => {
      const text = plain(name)
      const isAlone = same.get(text.normalize("NFC").toLowerCase())!.length === 1
      return [name, isAlone ? text : `${text}-${hashOf(name)}`]
    })
  )
}
