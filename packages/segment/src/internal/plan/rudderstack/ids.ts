import * as Hash from "effect/Hash"

const hashOf = (text: string): string => (Hash.string(text) >>> 0).toString(16).padStart(8, "0")

/**
 * Ids of one kind of resource: letters, digits, dashes and underscores. A name keeps its id whatever else there is, since rudder-cli recognises resources by
 * their ids: one that loses letters ends with a hash.
 */
export class Ids {
  private readonly taken = new Set<string>()
  private readonly most: number

  constructor(most = 80) {
    this.most = most
  }

  /** The id of a name. `variant` distinguishes what has the same name. */
  of(name: string, variant = ""): string {
    const plain = name.replaceAll(/[^a-zA-Z0-9_-]+/g, "-").slice(0, this.most)
    const own = plain === name ? plain : `${plain}-${hashOf(name)}`
    const start = this.taken.has(own) ? `${own}-${hashOf(variant)}` : own
    let id = start
    for (let count = 2; this.taken.has(id); count++) id = `${start}-${count}`
    this.taken.add(id)
    return id
  }
}
