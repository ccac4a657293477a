import { Console } from "@trackmap/console"

/** This terminal. */
export const Sink = Console.config
