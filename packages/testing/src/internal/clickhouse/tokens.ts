import { Exception } from "./model.ts"

/** A name in quotes, a text, a word, or one other character. */
export interface Token {
  readonly is: "name" | "text" | "word" | "mark"
  readonly value: string
}

const pattern = /\s*(?:"((?:[^"\\]|\\.|"")*)"|'((?:[^'\\]|\\.|'')*)'|(\w+)|(\S))/gsy

const unescaped = (text: string, mark: string): string =>
  text.replaceAll(mark + mark, mark).replaceAll(/\\(.)/gs, (_, escaped: string) => escaped)

const tokenOf = ([, name, text, word, mark]: RegExpExecArray): Token => {
  if (name !== undefined) return { is: "name", value: unescaped(name, '"') }
  if (text !== undefined) return { is: "text", value: unescaped(text, "'") }
  return word === undefined ? { is: "mark", value: mark! } : { is: "word", value: word }
}

/** The tokens of a statement, one after the other. */
export class Tokens {
  readonly #all: ReadonlyArray<Token>
  #at = 0

  constructor(sql: string) {
    this.#all = [...sql.matchAll(pattern)].map(tokenOf)
  }

  get next(): Token | undefined {
    return this.#all[this.#at]
  }

  /** Whether the next tokens are these words or characters, which are then passed. */
  skip(words: string): boolean {
    const wanted = words.split(" ")
    const found = wanted.every((word, index) => {
      const token = this.#all[this.#at + index]
      return token !== undefined && token.is !== "name" && token.is !== "text" && token.value.toUpperCase() === word
    })
    if (found) this.#at += wanted.length
    return found
  }

  expect(words: string): void {
    if (!this.skip(words)) throw this.wrong(words)
  }

  /** Passes the next token, which must be of a kind. */
  take(...kinds: ReadonlyArray<Token["is"]>): string {
    const token = this.next
    if (token === undefined || !kinds.includes(token.is)) throw this.wrong(kinds.join(" or "))
    this.#at++
    return token.value
  }

  /** Passes tokens until one of these words or characters stands outside of parentheses. */
  until(...ends: ReadonlyArray<string>): ReadonlyArray<Token> {
    const passed: Array<Token> = []
    for (let depth = 0; this.next !== undefined; this.#at++) {
      const { is, value } = this.next
      if (depth === 0 && is !== "name" && is !== "text" && ends.includes(value.toUpperCase())) break
      if (is === "mark") depth += value === "(" ? 1 : value === ")" ? -1 : 0
      passed.push(this.next)
    }
    return passed
  }

  wrong(expected: string): Exception {
    return new Exception(62, `Syntax error: failed at position ${this.#at}: expected ${expected}`)
  }
}
