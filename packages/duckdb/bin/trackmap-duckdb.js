#!/usr/bin/env node
import { run } from "@trackmap/duckdb/Command"

const { code, stderr, stdout } = await run(process.argv.slice(2))
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
