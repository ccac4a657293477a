import { Console } from "@trackmap/console"

/** This terminal. */
export const sink = Console.sink()
