import { assert, describe, it } from "vitest"
import { faultOf, isFatal, isLocked, isOutOfMemory } from "./fault.ts"

const told = (text: string) => {
  const { holder, reason, remedy, transient } = faultOf("f.duckdb", new Error(text))
  return { reason: `${reason}: ${remedy}`, transient, holder }
}

describe("an error of DuckDB", () => {
  it("names the process that has the file open, as each platform tells it", () => {
    for (const text of [
      'IO Error: Could not set lock on file "f.duckdb": Conflicting lock is held in /usr/bin/my program (PID 4711). See also https://duckdb.org',
      'IO Error: Cannot open file "f.duckdb": The process cannot access the file because it is being used by another process.\n\nFile is already open in \nC:\\my program (PID 4711)'
    ]) {
      const error = faultOf("f.duckdb", new Error(text))
      assert.isTrue(isLocked(error))
      assert.strictEqual(error.holder?.pid, 4711)
      assert.match(error.message, /^f\.duckdb: .*my program \(process 4711\) has it open: close it there$/)
    }
    const unnamed = faultOf("f.duckdb", new Error('IO Error: Could not set lock on file "f.duckdb": EAGAIN'))
    assert.deepStrictEqual([unnamed.reason, unnamed.holder], ["another process has it open", undefined])
  })

  it("says what to do about files and memory, and whether it may pass", () => {
    for (const [text, reason, transient] of [
      [
        'IO Error: The file "x" exists, but it is not a valid DuckDB database file!',
        "give the path of a DuckDB file",
        false
      ],
      [
        "IO Error: Trying to read a database file with version number 99, but we can only read 64.",
        "update @trackmap/duckdb",
        false
      ],
      ['IO Error: Cannot open file "/no/x": No such file or directory', "create the folder", false],
      ['IO Error: Cannot open file "x": Permission denied', "this process may not write there", false],
      ['IO Error: Cannot open file "x": Read-only file system', "this process may not write there", false],
      ['IO Error: Could not write file "x": No space left on device', "the disk is full: free some space", true],
      [
        "Out of Memory Error: failed to allocate data of size 32.0 KiB (9.5 MiB/9.5 MiB used)",
        "raise memoryLimit",
        true
      ],
      [
        "Failed to append: could not allocate block of size 16.0 KiB (244.1 MiB/244.1 MiB used)",
        "raise memoryLimit",
        true
      ],
      ['IO Error: Cannot open file "x": Too many levels of symbolic links', "check the path", true],
      [
        "Connection Error: Can't open a connection to same database file with a different configuration than existing connections",
        "other options",
        true
      ]
    ] as const) {
      const found = told(text)
      assert.include(found.reason, reason)
      assert.strictEqual(found.transient, transient, text)
    }
    assert.isTrue(isOutOfMemory(faultOf("f", new Error("Out of Memory Error: failed to pin block"))))
  })

  it("tells nothing of other errors but their kind, since they can contain values", () => {
    const found = told('Conversion Error: Could not convert string "secret: Permission denied" to INT64')
    assert.deepStrictEqual(found, {
      reason: "DuckDB fails (Conversion Error): see whether another program has changed its tables",
      transient: true,
      holder: undefined
    })
    assert.include(told("something else").reason, "DuckDB fails (an error)")
    assert.include(faultOf("f", "no error at all").reason, "DuckDB fails")
  })

  it("is itself if it was one already, and fatal if the instance is of no more use", () => {
    const error = faultOf("f", new Error("x"))
    assert.strictEqual(faultOf("g", error), error)
    assert.isTrue(
      isFatal(new Error("FATAL Error: Failed: database has been invalidated because of a previous fatal error"))
    )
    assert.isFalse(isFatal(new Error("IO Error: x")))
  })
})
