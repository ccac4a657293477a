import { render } from "preact"
import { keepCursor } from "./cursor.ts"
import { keepExplored } from "./explored.ts"
import { keepOpened } from "./opened.ts"
import { keepPreferences } from "./preferences.ts"
import { start } from "./state.ts"
import { App } from "./view/App.tsx"

keepPreferences()
const connection = start()
keepOpened()
keepExplored()
keepCursor()
render(<App onWake={connection.wake} />, document.getElementById("app")!)
