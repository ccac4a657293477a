#!/usr/bin/env node
import { run } from "@trackmap/cli/Cli"

process.exitCode = await run(process.argv.slice(2))
