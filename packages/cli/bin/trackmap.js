#!/usr/bin/env node
import { enableCompileCache } from "node:module"

// The next call starts in two thirds of the time.
enableCompileCache()
const { run } = await import("@trackmap/cli/Cli")

process.exitCode = await run(process.argv.slice(2))
