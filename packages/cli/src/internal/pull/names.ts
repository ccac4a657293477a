/** Names for what sources name as they like. */

/** A name of an entity, of an attribute or of a property. */
const valid = /^[A-Za-z][A-Za-z0-9_]{0,99}$/

export const isKey = (name: string): boolean =>
  valid.test(name) && !name.startsWith("mp_") && !(name in Object.prototype)

/** A key that is near a name, and no other's. */
export const keyNear = (name: string, taken: ReadonlySet<string>): string => {
  const bare = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, 90)
  const near =
    /^[A-Za-z]/.test(bare) && !bare.startsWith("mp_") && !(bare in Object.prototype)
      ? bare
      : bare === ""
        ? "key"
        : `key_${bare}`
  let found = near
  for (let count = 2; taken.has(found); count++) found = `${near}_${count}`
  return found
}

const reserved: ReadonlySet<string> = new Set(
  "Attribute Entity Pii Plan Schema TrackedEvent Date BigInt Object RegExp Symbol Infinity NaN plan undefined await arguments eval".split(
    " "
  )
)

/** Identifiers of a module: each is nobody else's. */
export const identifiers = (): ((name: string, fallback: string) => string) => {
  const taken = new Set(reserved)
  return (name, fallback) => {
    const words = name.normalize("NFC").match(/[\p{L}\p{Nd}\p{M}]+/gu) ?? []
    const joined = words
      // As a name of a class: `signedIn` and "Signed In" are `SignedIn`.
      .map((word) =>
        word.replace(/^\p{Ll}/u, (letter) =>
          letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter
        )
      )
      .join("")
      .slice(0, 60)
      .toWellFormed()
      .replaceAll("\uFFFD", "")
    const near = /^\p{ID_Start}\p{ID_Continue}*$/u.test(joined)
      ? joined
      : `${fallback}${joined.replaceAll(/\P{ID_Continue}/gu, "")}`
    let found = near
    for (let count = 2; taken.has(found); count++) found = `${near}${count}`
    taken.add(found)
    return found
  }
}

/** An identifier as the name of a row in a call. */
export const rowName = (identifier: string): string => {
  const name = identifier.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (start) => start.toLowerCase())
  return name === "properties" ? "propertiesRow" : name
}
