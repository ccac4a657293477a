import { gzipSync } from "node:zlib"
import files from "#page"
import { assert, describe, it } from "@effect/vitest"

describe("the page's files", () => {
  it("have less than 200 KB of script, compressed", () => {
    const scripts = Object.entries(files).filter(([name]) => name.endsWith(".js"))
    assert.isNotEmpty(scripts)
    assert.isBelow(
      scripts.reduce((sum, [, text]) => sum + gzipSync(text).length, 0),
      200_000
    )
  })

  it("ask for nothing that the content security policy forbids", () => {
    const html = files["index.html"]!
    assert.notMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/i)
    for (const [, address] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      if (address !== "data:,") assert.property(files, address!.replace(/^\.\//, ""))
    }
  })
})
