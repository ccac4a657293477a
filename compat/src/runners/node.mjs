import { describe, it } from "node:test"
import { suites } from "./suites.mjs"

suites({ runner: { describe, it } })
