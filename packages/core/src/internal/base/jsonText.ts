import { written, type Written } from "./slab.ts"

/** Its constructor returns its argument, so that a subclass adds its private field to that object. */
class Given {
  constructor(object: object) {
    return object
  }
}

/**
 * The JSON of an object, in a private field of the object, where no other code sees or copies it. A WeakMap takes about ten
 * times as long.
 */
export class Json extends Given {
  #written: Written
  constructor(object: object, written: Written) {
    super(object)
    this.#written = written
  }
  static of(object: object): string {
    return Json.written(object).text
  }
  /** The JSON as bytes. Pin them before anything else is written. */
  static written(object: object): Written {
    if (!(#written in object)) return new Json(object, written(JSON.stringify(object))).#written
    if (!object.#written.isThere) object.#written = written(JSON.stringify(object))
    return object.#written
  }
  /** The JSON as bytes, or undefined if the object has none. */
  static attempt(object: object): Written | undefined {
    try {
      return Json.written(object)
    } catch {
      return undefined
    }
  }
  /** The JSON as bytes, if it exists already. */
  static known(object: object): Written | undefined {
    return #written in object && object.#written.isThere ? object.#written : undefined
  }
  /** The JSON in its own memory, for an object that nobody pins while sending it. */
  static lasting(object: object): Written {
    const own = Json.written(object).lasting
    if (#written in object) object.#written = own
    return own
  }
  /** Moves the JSON, if there is any, to its own memory, for an object that may wait for long. */
  static keep(object: object): void {
    if (Json.attempt(object) !== undefined) Json.lasting(object)
  }
  /** The number of bytes of the JSON in UTF-8. */
  static bytesOf(object: object): number {
    return #written in object ? object.#written.bytes : Json.written(object).bytes
  }
}
