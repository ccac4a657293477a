/** The built page: the text of each file by its name. */
declare const files: Readonly<Record<string, string>>
export default files
