#!/usr/bin/env node
import { enableCompileCache } from "node:module"

// Later calls need not compile the code again.
enableCompileCache()
const { run } = await import("@trackmap/cli/Cli")

process.exitCode = await run(process.argv.slice(2))
