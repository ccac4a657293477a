declare const files: { readonly script: string; readonly style: string }
export default files
