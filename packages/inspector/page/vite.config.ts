import { defineConfig, type Plugin } from "vite"

/** Writes all that is built as one module, from file name to text: who serves the page needs no file system. */
const oneModule = (): Plugin => ({
  name: "one-module",
  enforce: "post",
  generateBundle: {
    order: "post",
    handler(_options, bundle) {
      const files: Record<string, string> = {}
      for (const [name, file] of Object.entries(bundle)) {
        files[name] =
          file.type === "chunk"
            ? file.code
            : typeof file.source === "string"
              ? file.source
              : new TextDecoder().decode(file.source)
        delete bundle[name]
      }
      const source = `export default ${JSON.stringify(files, undefined, 1)}\n`
      this.emitFile({ type: "asset", fileName: "page.js", source })
    }
  }
})

export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2023",
    // With older browsers in mind, light-dark() would be rewritten and no longer follow a color-scheme set by hand.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    outDir: "../dist",
    // The package's own modules are built into the same folder.
    emptyOutDir: false,
    sourcemap: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: { entryFileNames: "assets/app-[hash].js", assetFileNames: "assets/app-[hash][extname]" }
    }
  },
  plugins: [oneModule()]
})
