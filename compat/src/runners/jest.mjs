import { suites } from "./suites.mjs"

// Jest's functions are global.
suites({})
